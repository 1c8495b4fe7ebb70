#include "core/time/rate_budget.h"

#include <utility>

namespace deepstack {

std::optional<uint64_t> RateBudget::take(int64_t now_ns) {
  while (!passed_ns_.empty() && now_ns - passed_ns_.front() >= window_ns_) passed_ns_.pop_front();
  if (passed_ns_.size() >= most_) {
    ++kept_back_;
    return {};
  }
  passed_ns_.push_back(now_ns);
  return std::exchange(kept_back_, 0);
}

}  // namespace deepstack
