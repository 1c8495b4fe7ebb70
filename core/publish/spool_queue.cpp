#include "core/publish/spool_queue.h"

#include <algorithm>
#include <utility>

namespace deepstack {

uint64_t SpoolQueue::restore(std::vector<SpooledLine> lines) {
  for (SpooledLine& line : lines) {
    bytes_ += line.json->size();
    last_number_ = line.number;
    lines_.push_back(std::move(line));
  }
  stored_number_ = last_number_;
  uint64_t dropped = 0;
  while (lines_.size() > limits_.max_items || bytes_ > limits_.max_bytes) {
    drop_oldest_waiting();
    ++dropped;
  }
  return dropped;
}

uint64_t SpoolQueue::put(std::string json) {
  if (json.size() > limits_.max_bytes) return 1;
  uint64_t dropped = 0;
  while (lines_.size() + 1 > limits_.max_items || bytes_ + json.size() > limits_.max_bytes) {
    ++dropped;
    if (!drop_oldest_waiting()) return dropped;
  }
  bytes_ += json.size();
  lines_.push_back({++last_number_, std::make_shared<const std::string>(std::move(json))});
  return dropped;
}

std::optional<SpooledLine> SpoolQueue::next(size_t window) {
  if (sent_ >= window || sent_ == lines_.size()) return std::nullopt;
  return lines_[sent_++];
}

void SpoolQueue::resend() { sent_ = 0; }

bool SpoolQueue::settle(uint64_t number) {
  const auto found = std::lower_bound(
      lines_.begin(), lines_.end(), number,
      [](const SpooledLine& line, uint64_t wanted) { return line.number < wanted; });
  if (found == lines_.end() || found->number != number) return false;
  erase(static_cast<size_t>(found - lines_.begin()));
  return true;
}

SpoolChanges SpoolQueue::take_changes() {
  SpoolChanges changes;
  changes.replace = std::exchange(replace_, false);
  const uint64_t known = changes.replace ? 0 : stored_number_;
  const auto first = std::lower_bound(
      lines_.begin(), lines_.end(), known + 1,
      [](const SpooledLine& line, uint64_t wanted) { return line.number < wanted; });
  changes.added.assign(first, lines_.end());
  changes.gone = std::exchange(gone_, {});
  stored_number_ = last_number_;
  return changes;
}

// What is gone meanwhile need not be remembered: the disk is written anew as a whole.
void SpoolQueue::give_back() {
  replace_ = true;
  gone_.clear();
}

bool SpoolQueue::changed() const {
  return replace_ || !gone_.empty() || (!lines_.empty() && lines_.back().number > stored_number_);
}

bool SpoolQueue::drop_oldest_waiting() {
  if (sent_ == lines_.size()) return false;
  erase(sent_);
  return true;
}

void SpoolQueue::erase(size_t index) {
  const auto line = lines_.begin() + static_cast<std::ptrdiff_t>(index);
  bytes_ -= line->json->size();
  if (!replace_ && line->number <= stored_number_) gone_.push_back(line->number);
  if (index < sent_) --sent_;
  lines_.erase(line);
}

}  // namespace deepstack
