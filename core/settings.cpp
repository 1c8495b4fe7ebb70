#include "core/settings.h"

#include <regex>
#include <sstream>

#include "core/event/event_tags.h"
#include "core/exhausted.h"

namespace deepstack {
namespace {

// "name is VALUE, must be LOWEST..HIGHEST" when value is outside; NaN is outside.
template <typename T>
Status in_range(const char* name, T value, T lowest, T highest) {
  if (value >= lowest && value <= highest) return {};
  std::ostringstream text;
  text << name << " is " << value << ", must be " << lowest << ".." << highest;
  return invalid(text.str());
}

}  // namespace

Status Settings::validate() const {
  return unless_out_of_memory([this]() -> Status {
    static const std::regex kDevice("auto|cpu|cuda(:[0-9]{1,3})?");
    if (!std::regex_match(device, kDevice)) {
      return invalid("device is '" + device + "', must be auto, cpu, cuda or cuda:N");
    }
    for (const Status& status : {
             in_range("inference-interval", inference_interval, 1, 1'000'000),
             in_range("inference-rate numerator", inference_rate_numerator, 0, 1'000'000),
             in_range("inference-rate denominator", inference_rate_denominator, 1, 1'000'000),
             in_range("batch-size", batch_size, 1, 1024),
             in_range("threshold", threshold, 0.0F, 1.0F),
             in_range("drain-timeout", drain_timeout_ms, -1, 3'600'000),
             in_range("track-max-age", track_max_age_ms, 1, 3'600'000),
             in_range<int64_t>("gallery-max-bytes", gallery_max_bytes, 64 << 10, int64_t{1} << 46),
             in_range("gallery-ttl", gallery_ttl_s, 1.0, 1e9),
             in_range("reid-threshold", reid_threshold, 0.0F, 1.0F),
         }) {
      if (!status.ok()) return status;
    }
    if (const Result<std::string> object = parse_tags(tags); !object.ok()) return object.status();
    if (proposals == ProposalSource::kFile && proposals_file.empty()) {
      return invalid("proposals=file needs proposals-file");
    }
    return {};
  });
}

bool Settings::accepts(const std::string& label) const {
  if (object_class.empty()) return true;
  std::istringstream names(object_class);
  for (std::string name; std::getline(names, name, ',');) {
    const size_t first = name.find_first_not_of(' ');
    const size_t last = name.find_last_not_of(' ');
    if (first != std::string::npos && name.substr(first, last - first + 1) == label) return true;
  }
  return false;
}

}  // namespace deepstack
