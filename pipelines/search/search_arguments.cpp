#include "pipelines/search/search_arguments.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <regex>
#include <vector>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr float kSmallestSide = 4;
constexpr double kLongestVideo_s = 1e7;  // 115 days

std::optional<double> number(const std::string& text) {
  static const std::regex kNumber(R"([0-9]{1,15}(\.[0-9]{1,12})?)");
  if (!std::regex_match(text, kNumber)) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

std::string shown(const Box& box) {
  char text[96];
  std::snprintf(text, sizeof text, "%g,%g,%g,%g", static_cast<double>(box.x),
                static_cast<double>(box.y), static_cast<double>(box.width),
                static_cast<double>(box.height));
  return text;
}

int whole(const std::ssub_match& digits) {
  return digits.matched ? std::atoi(digits.str().c_str()) : 0;
}

}  // namespace

Result<Box> parse_box(const std::string& text) {
  std::vector<float> values;
  size_t begin = 0;
  while (values.size() < 5) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::optional<double> value = number(text.substr(begin, end - begin));
    if (!value) break;
    values.push_back(static_cast<float>(*value));
    if (end == text.size()) {
      if (values.size() != 4) break;
      return Box{values[0], values[1], values[2], values[3]};
    }
    begin = end + 1;
  }
  return invalid("--box is '" + printable(text) + "', must be x,y,width,height in pixels");
}

Status check_box(const Box& box, cv::Size frame) {
  const bool inside = box.right() <= static_cast<float>(frame.width) &&
                      box.bottom() <= static_cast<float>(frame.height);
  if (inside && box.width >= kSmallestSide && box.height >= kSmallestSide) return {};
  return invalid("--box is " + shown(box) + ", must lie in the picture of " +
                 std::to_string(frame.width) + " x " + std::to_string(frame.height) +
                 " pixels and be 4 x 4 at least");
}

Result<int64_t> parse_video_time(const std::string& text) {
  static const std::regex kClock(R"((?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,9})?))");
  std::optional<double> seconds = number(text);
  std::smatch parts;
  if (!seconds && std::regex_match(text, parts, kClock)) {
    seconds = whole(parts[1]) * 3600 + whole(parts[2]) * 60 +
              std::strtod(parts[3].str().c_str(), nullptr);
  }
  if (!seconds || *seconds > kLongestVideo_s) {
    return invalid("--at is '" + printable(text) +
                   "', must be seconds from the start of the video, or [h:]m:s");
  }
  return std::llround(*seconds * 1e9);
}

Result<double> parse_utc(const std::string& option, const std::string& text) {
  static const std::regex kTime(
      R"(([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))?)");
  if (const std::optional<double> seconds = number(text)) return *seconds;
  std::smatch parts;
  if (std::regex_match(text, parts, kTime)) {
    const std::chrono::year_month_day date{
        std::chrono::year(whole(parts[1])),
        std::chrono::month(static_cast<unsigned>(whole(parts[2]))),
        std::chrono::day(static_cast<unsigned>(whole(parts[3])))};
    const int hour = whole(parts[4]), minute = whole(parts[5]), second = whole(parts[6]);
    const int zone_min = (whole(parts[9]) * 60 + whole(parts[10])) * (parts[8] == "-" ? -1 : 1);
    if (date.ok() && hour < 24 && minute < 60 && second < 61) {
      const auto days = std::chrono::sys_days(date).time_since_epoch().count();
      const double fraction = parts[7].matched ? std::strtod(parts[7].str().c_str(), nullptr) : 0;
      return static_cast<double>(days) * 86400 + hour * 3600 + minute * 60 + second -
             zone_min * 60 + fraction;
    }
  }
  return invalid(option + " is '" + printable(text) +
                 "', must be a time like 2026-01-31T14:22:33Z, or UNIX seconds");
}

}  // namespace deepstack
