// EventQueue: JSON lines between the worker that makes them and the thread that pushes them on.
// Bounded in lines and bytes. When full, an `update` is refused and counted (the next one says the
// same, newer); a line that changes identities (new, end, rename, merge) takes the place of queued
// updates, and is refused only when there is none left. A producer may wait for room instead.
// Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace deepstack {

struct EventLine {
  std::string json;        // one object, without the line end
  int64_t time_ns = 0;     // running time of the frame it is about
  bool expendable = false; // an `update` or `stats`: may be dropped when the queue is full
  uint64_t generation = 0; // refused when older than the last clear()
  const char* event = "";  // what the object's "event" says; a literal
};

class EventQueue {
 public:
  enum class State { kLine, kTimeout, kCancelled, kFinished };
  struct Taken {
    State state = State::kTimeout;
    EventLine line;  // with kLine
  };
  enum class WhenFull { kDrop, kWait };

  EventQueue(size_t max_lines, size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}

  // False when the line was dropped. kWait returns early on cancel() and clear().
  bool put(EventLine line, WhenFull when_full);

  Taken take(std::chrono::milliseconds timeout);

  void cancel();   // put() and take() return at once until resume()
  void resume();
  void clear(uint64_t generation);  // forgets the lines and finish(), refuses older ones
  void finish();   // take() says kFinished once the lines are gone; put() refuses until clear()

  uint64_t dropped() const;
  size_t size() const;  // lines that wait

 private:
  bool full(size_t extra_bytes) const;
  void drop_expendable(size_t extra_bytes);

  const size_t max_lines_;
  const size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<EventLine> lines_;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
  uint64_t generation_ = 0;
  bool cancelled_ = false;
  bool finished_ = false;
};

}  // namespace deepstack
