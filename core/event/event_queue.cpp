#include "core/event/event_queue.h"

#include <utility>

namespace deepstack {

bool EventQueue::full(size_t extra_bytes) const {
  return lines_.size() >= max_lines_ || bytes_ + extra_bytes > max_bytes_;
}

void EventQueue::drop_expendable(size_t extra_bytes) {
  for (auto line = lines_.begin(); line != lines_.end() && full(extra_bytes);) {
    if (!line->expendable) {
      ++line;
      continue;
    }
    bytes_ -= line->json.size();
    line = lines_.erase(line);
    ++dropped_;
  }
}

bool EventQueue::put(EventLine line, WhenFull when_full) {
  std::unique_lock lock(mutex_);
  const size_t bytes = line.json.size();
  const auto refused = [&] { return cancelled_ || finished_ || line.generation < generation_; };
  if (when_full == WhenFull::kWait) {
    // A line larger than the whole queue is let in alone, rather than waited for in vain.
    changed_.wait(lock, [&] { return refused() || lines_.empty() || !full(bytes); });
  } else if (full(bytes) && !line.expendable && !refused()) {
    drop_expendable(bytes);
  }
  if (refused() || (full(bytes) && !(when_full == WhenFull::kWait && lines_.empty()))) {
    ++dropped_;
    return false;
  }
  lines_.push_back(std::move(line));  // out of memory here leaves the queue as it was
  bytes_ += bytes;
  changed_.notify_all();
  return true;
}

EventQueue::Taken EventQueue::take(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return cancelled_ || finished_ || !lines_.empty(); });
  if (cancelled_) return {State::kCancelled, {}};
  if (lines_.empty()) return {finished_ ? State::kFinished : State::kTimeout, {}};
  Taken taken{State::kLine, std::move(lines_.front())};
  lines_.pop_front();
  bytes_ -= taken.line.json.size();
  changed_.notify_all();
  return taken;
}

void EventQueue::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

void EventQueue::resume() {
  const std::lock_guard lock(mutex_);
  cancelled_ = false;
}

void EventQueue::clear(uint64_t generation) {
  const std::lock_guard lock(mutex_);
  generation_ = generation;
  dropped_ += lines_.size();
  lines_.clear();
  bytes_ = 0;
  finished_ = false;
  changed_.notify_all();
}

void EventQueue::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

size_t EventQueue::size() const {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

uint64_t EventQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace deepstack
