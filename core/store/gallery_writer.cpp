#include "core/store/gallery_writer.h"

#include <utility>

namespace deepstack {
namespace {

using namespace std::chrono_literals;

// With the time that a commit itself takes, less than a second.
constexpr auto kCommitAfter = 500ms;
constexpr auto kRetryAfter = 1s;

}  // namespace

GalleryWriter::GalleryWriter(IdentityStore store, ChangeSource& source)
    : store_(std::move(store)), source_(source), thread_([this] { run(); }) {}

GalleryWriter::~GalleryWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void GalleryWriter::wake() {
  const std::lock_guard lock(mutex_);
  if (pending_) return;
  pending_ = true;
  due_ = std::chrono::steady_clock::now() + kCommitAfter;
  changed_.notify_all();
}

Status GalleryWriter::flush() {
  std::unique_lock lock(mutex_);
  const uint64_t ours = ++requested_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return served_ >= ours; });
  return status_;
}

uint64_t GalleryWriter::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

Status GalleryWriter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void GalleryWriter::run() {
  std::unique_lock lock(mutex_);
  bool last = false;
  while (!last) {
    const auto wanted = [this] { return stopping_ || requested_ > served_; };
    changed_.wait(lock, [&] { return pending_ || wanted(); });
    if (!wanted()) changed_.wait_until(lock, due_, wanted);
    last = stopping_;
    pending_ = false;
    const uint64_t serving = requested_;
    lock.unlock();
    Status status = write_all();
    lock.lock();
    served_ = serving;
    if (!status.ok()) {
      ++errors_;
      pending_ = true;
      due_ = std::chrono::steady_clock::now() + kRetryAfter;
    }
    status_ = std::move(status);
    changed_.notify_all();
  }
}

Status GalleryWriter::write_all() {
  for (;;) {
    const GalleryChanges changes = source_.take_changes();
    if (changes.empty()) return {};
    if (Status status = store_.write(changes); !status.ok()) {
      source_.give_back(changes);
      return status;
    }
  }
}

}  // namespace deepstack
