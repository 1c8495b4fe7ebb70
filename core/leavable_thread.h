// LeavableThread: a thread that its owner need not wait for. A model may take seconds, or never
// come back, and whoever stops a pipeline is not to wait for that: leave() waits a moment, then
// lets the thread go on alone until its work is over.
//
// The work owns all that it uses. A process that exits waits for threads that were left, as long as
// kExitPatience: what they compute with is taken down after that. Owned and called by one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace deepstack {

class LeavableThread {
 public:
  static constexpr std::chrono::seconds kExitPatience{5};

  explicit LeavableThread(std::function<void()> work);
  ~LeavableThread() { leave(std::chrono::milliseconds(0)); }
  LeavableThread(const LeavableThread&) = delete;
  LeavableThread& operator=(const LeavableThread&) = delete;

  // True when the work is over and the thread gone; false when it was left. Once is enough.
  bool leave(std::chrono::milliseconds patience);

 private:
  struct Work;
  std::shared_ptr<Work> work_;
  std::thread thread_;
};

}  // namespace deepstack
