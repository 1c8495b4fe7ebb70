// PublishHealth: how a publication is, and when that is worth saying: each change of its state
// once, and once a minute how many lines were dropped. Pure; one thread at a time; times are ns of
// Clock.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/publish/event_publisher.h"

namespace deepstack {

// kDegraded: lines may be lost: the disk takes none, or too many wait.
enum class PublishState { kConnecting, kOk, kDegraded, kDisconnected, kRefused };

const char* publish_state_name(PublishState state);

struct PublishNotice {
  enum class Kind { kState, kDropped, kLeft, kSetAside };
  Kind kind = Kind::kState;
  PublishState state = PublishState::kConnecting;
  std::string reason{};
  uint64_t lines = 0;  // kDropped: since the last one; kLeft: that were not delivered
};

class PublishHealth {
 public:
  static constexpr int64_t kDroppedInterval_ns = 60'000'000'000;

  // A disk that was full is one still, until it takes a line.
  void opened();
  void delivered();
  void lost(const PublishFailure& failure);
  void spool_failed(std::string reason);
  void spool_written() { spool_failure_.clear(); }
  // The broker would not have a line.
  void reject(std::string reason) { last_error_ = std::move(reason); }
  void dropped(uint64_t lines, int64_t now_ns);
  // Nothing waits any more: what was dropped is history.
  void emptied() { overflowing_ = false; }
  void add(PublishNotice notice) { notices_.push_back(std::move(notice)); }

  PublishState state() const;
  // Of the last thing that failed; kept when all is well again.
  const std::string& last_error() const { return last_error_; }
  uint64_t openings() const { return openings_; }

  std::vector<PublishNotice> take_notices(int64_t now_ns);
  // When take_notices() has something, kNever without: now (0) or later.
  int64_t due_ns() const;

 private:
  std::string reason() const;

  PublishState link_ = PublishState::kConnecting;
  std::string link_failure_;
  std::string spool_failure_;
  bool overflowing_ = false;
  std::string last_error_;
  uint64_t openings_ = 0;

  PublishState said_ = PublishState::kConnecting;
  std::vector<PublishNotice> notices_;
  uint64_t dropped_unsaid_ = 0;
  int64_t dropped_due_ns_ = 0;  // not before
};

}  // namespace deepstack
