// SpoolQueue: lines on their way out, in the order they came: what was handed to a broker and is
// not acknowledged yet, then what waits. Bounded in lines and bytes; when full the oldest line that
// is not on its way goes, and is counted. Which of them the disk knows is kept here, too: what it
// lacks and what it may forget is taken in one go.
//
// One thread at a time: guarded by whoever owns it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace deepstack {

struct SpooledLine {
  uint64_t number = 0;  // rises from line to line, also over runs
  std::shared_ptr<const std::string> json{};
};

struct SpoolLimits {
  size_t max_items = 10'000;
  size_t max_bytes = 16 << 20;
};

// What is to be written to the disk.
struct SpoolChanges {
  bool replace = false;  // all that is there goes first
  std::vector<SpooledLine> added;
  std::vector<uint64_t> gone;

  bool empty() const { return !replace && added.empty() && gone.empty(); }
};

class SpoolQueue {
 public:
  explicit SpoolQueue(SpoolLimits limits) : limits_(limits) {}

  // Lines of the last run, which are on the disk already. Returns how many were dropped.
  uint64_t restore(std::vector<SpooledLine> lines);

  // Returns how many were dropped: 0, those that it takes the place of, or the line itself.
  uint64_t put(std::string json);

  // The next line to be sent, unless `window` of them are on their way.
  std::optional<SpooledLine> next(size_t window);
  // The connection is gone: what was on its way is sent anew.
  void resend();
  // It has arrived, or never will. False when there is no such line.
  bool settle(uint64_t number);

  SpoolChanges take_changes();
  // They could not be written.
  void give_back();
  // Whether the disk lacks a line or has one too many.
  bool changed() const;

  size_t size() const { return lines_.size(); }
  size_t bytes() const { return bytes_; }
  size_t on_the_way() const { return sent_; }

 private:
  bool drop_oldest_waiting();
  void erase(size_t index);

  const SpoolLimits limits_;
  std::deque<SpooledLine> lines_;
  size_t sent_ = 0;  // the first that many are on their way
  size_t bytes_ = 0;
  uint64_t last_number_ = 0;
  uint64_t stored_number_ = 0;  // lines up to this one are on the disk, or were
  std::vector<uint64_t> gone_;  // of those
  bool replace_ = false;
};

}  // namespace deepstack
