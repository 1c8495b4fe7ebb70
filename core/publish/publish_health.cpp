#include "core/publish/publish_health.h"

#include <utility>

namespace deepstack {

const char* publish_state_name(PublishState state) {
  switch (state) {
    case PublishState::kConnecting:
      return "connecting";
    case PublishState::kOk:
      return "ok";
    case PublishState::kDegraded:
      return "degraded";
    case PublishState::kDisconnected:
      return "disconnected";
    case PublishState::kRefused:
      return "refused";
  }
  return "";
}

void PublishHealth::opened() {
  if (link_ != PublishState::kDegraded) delivered();
}

void PublishHealth::delivered() {
  if (link_ == PublishState::kOk) return;
  ++openings_;
  link_ = PublishState::kOk;
  link_failure_.clear();
}

void PublishHealth::lost(const PublishFailure& failure) {
  link_ = failure.kind == PublishFailure::Kind::kRefused ? PublishState::kRefused
          : failure.kind == PublishFailure::Kind::kFull  ? PublishState::kDegraded
                                                         : PublishState::kDisconnected;
  link_failure_ = failure.reason;
  last_error_ = failure.reason;
}

void PublishHealth::spool_failed(std::string reason) {
  last_error_ = reason;
  spool_failure_ = std::move(reason);
}

void PublishHealth::dropped(uint64_t lines, int64_t now_ns) {
  if (lines == 0) return;
  overflowing_ = true;
  // The first ones are said at once.
  if (dropped_unsaid_ == 0 && dropped_due_ns_ == 0) dropped_due_ns_ = now_ns;
  dropped_unsaid_ += lines;
}

PublishState PublishHealth::state() const {
  return overflowing_ || !spool_failure_.empty() ? PublishState::kDegraded : link_;
}

std::string PublishHealth::reason() const {
  std::string text;
  for (const std::string& part :
       {spool_failure_, std::string(overflowing_ ? "the spool is full, the oldest lines go" : ""),
        link_failure_}) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

std::vector<PublishNotice> PublishHealth::take_notices(int64_t now_ns) {
  std::vector<PublishNotice> notices = std::exchange(notices_, {});
  if (state() != said_) {
    said_ = state();
    notices.push_back({PublishNotice::Kind::kState, said_, reason()});
  }
  if (dropped_unsaid_ > 0 && now_ns >= dropped_due_ns_) {
    notices.push_back(
        {PublishNotice::Kind::kDropped, said_, reason(), std::exchange(dropped_unsaid_, 0)});
    dropped_due_ns_ = now_ns + kDroppedInterval_ns;
  }
  for (PublishNotice& notice : notices) notice.state = said_;
  return notices;
}

int64_t PublishHealth::due_ns() const {
  if (!notices_.empty() || state() != said_) return 0;
  return dropped_unsaid_ > 0 ? dropped_due_ns_ : EventPublisher::kNever;
}

}  // namespace deepstack
