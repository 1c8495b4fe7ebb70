#include "core/leavable_thread.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace deepstack {
namespace {

// Threads that were left and are not over. Lives for ever: they may outlive every static object.
struct Left {
  std::mutex mutex;
  std::condition_variable changed;
  int threads = 0;
};

Left& left() {
  static Left* const kLeft = new Left;
  return *kLeft;
}

// Destroyed before what was made before the first thread was left: before LibTorch, that is.
struct WaitAtExit {
  ~WaitAtExit() {
    std::unique_lock lock(left().mutex);
    left().changed.wait_for(lock, LeavableThread::kExitPatience,
                            [] { return left().threads == 0; });
  }
};

}  // namespace

struct LeavableThread::Work {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  bool left = false;
};

LeavableThread::LeavableThread(std::function<void()> work)
    : work_(std::make_shared<Work>()), thread_([state = work_, run = std::move(work)]() mutable {
        run();
        run = nullptr;  // what it owned goes before anybody is told
        std::unique_lock lock(state->mutex);
        state->over = true;
        state->changed.notify_all();
        if (!state->left) return;
        const std::lock_guard guard(left().mutex);
        --left().threads;
        left().changed.notify_all();
      }) {}

bool LeavableThread::leave(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return true;
  std::unique_lock lock(work_->mutex);
  if (work_->changed.wait_for(lock, patience, [this] { return work_->over; })) {
    lock.unlock();
    thread_.join();
    return true;
  }
  static const WaitAtExit kWaitAtExit;
  work_->left = true;
  {
    const std::lock_guard guard(left().mutex);
    ++left().threads;
  }
  thread_.detach();
  return false;
}

}  // namespace deepstack
