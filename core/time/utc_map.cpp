#include "core/time/utc_map.h"

#include <algorithm>

namespace deepstack {

void UtcMap::observe(int64_t stream_ns, const std::optional<UtcReference>& reference,
                     std::optional<int64_t> arrival_unix_ns) {
  if (reference) {
    // Another kind of time stamp comes from another clock.
    if (source_ != reference->source) sender_.reset();
    source_ = reference->source;
    if (!sender_) sender_.emplace(kSenderErrorNs);
    sender_->observe(stream_ns, reference->unix_ns);
  }
  if (arrival_unix_ns && *arrival_unix_ns >= 0) {
    if (!arrival_) arrival_.emplace(kArrivalErrorNs);
    arrival_->observe(stream_ns, *arrival_unix_ns);
  }
}

UtcTime UtcMap::at(int64_t stream_ns) const {
  const auto sender = sender_ ? sender_->at(stream_ns) : std::nullopt;
  const auto arrival = arrival_ ? arrival_->at(stream_ns) : std::nullopt;
  if (!sender && !arrival) return {};
  const bool by_sender = sender && (!arrival || sender->error_ns <= arrival->error_ns);
  const UtcEstimate::Reading& best = by_sender ? *sender : *arrival;
  UtcTime time{by_sender ? source_ : UtcSource::kArrival, best.unix_ns, best.error_ns,
               best.stepped};
  if (sender && arrival) {
    // Both are sums that saturate: no difference of times since 1970 overflows.
    const int64_t apart_ns =
        std::max(sender->unix_ns, arrival->unix_ns) - std::min(sender->unix_ns, arrival->unix_ns);
    time.uncertain = time.uncertain || apart_ns > UtcEstimate::kStepNs;
  }
  return time;
}

}  // namespace deepstack
