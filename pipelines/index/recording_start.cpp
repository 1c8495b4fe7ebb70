#include "pipelines/index/recording_start.h"

#include <sys/stat.h>

#include <array>
#include <cmath>
#include <ctime>
#include <memory>
#include <regex>
#include <system_error>

extern "C" {
#include <libavformat/avformat.h>
}

namespace deepstack {
namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;
constexpr int64_t kYear2000_s = 946684800;  // clocks that nobody set say less

struct CivilTime {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

enum class Zone { kUtc, kLocal };

std::optional<int64_t> unix_seconds(const CivilTime& time, Zone zone) {
  std::tm wanted{};
  wanted.tm_year = time.year - 1900;
  wanted.tm_mon = time.month - 1;
  wanted.tm_mday = time.day;
  wanted.tm_hour = time.hour;
  wanted.tm_min = time.minute;
  wanted.tm_sec = time.second;
  wanted.tm_isdst = -1;
  std::tm got = wanted;
  const std::time_t seconds = zone == Zone::kUtc ? timegm(&got) : mktime(&got);
  // A 31st of February became another day.
  const bool is_date = got.tm_mon == wanted.tm_mon && got.tm_mday == wanted.tm_mday &&
                       time.hour < 24 && time.minute < 60 && time.second <= 60;
  if (!is_date || seconds < kYear2000_s) return std::nullopt;
  return seconds;
}

CivilTime civil_time(const std::smatch& match) {
  const auto number = [&](size_t group) { return std::stoi(match[group].str()); };
  return {number(1), number(2), number(3), number(4), number(5), number(6)};
}

// Fractions of a second as digits after the point.
int64_t fraction_ns(const std::string& digits) {
  std::string nine = digits.substr(0, 9);
  nine.resize(9, '0');
  return std::stoll(nine);
}

std::optional<int64_t> parse_rfc3339(const std::string& text) {
  static const std::regex pattern(
      R"((\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:?\d\d))");
  std::smatch match;
  if (!std::regex_match(text, match, pattern)) return std::nullopt;
  const std::optional<int64_t> seconds = unix_seconds(civil_time(match), Zone::kUtc);
  if (!seconds) return std::nullopt;
  int64_t offset_s = 0;
  if (const std::string zone = match[8].str(); zone != "Z") {
    offset_s = std::stoll(zone.substr(1, 2)) * 3600 + std::stoll(zone.substr(zone.size() - 2)) * 60;
    if (zone[0] == '-') offset_s = -offset_s;
  }
  const int64_t fraction = match[7].matched ? fraction_ns(match[7].str()) : 0;
  return (*seconds - offset_s) * kSecond_ns + fraction;
}

std::optional<int64_t> start_in_container(const std::filesystem::path& path) {
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, ("file:" + path.string()).c_str(), nullptr, nullptr) != 0) {
    return std::nullopt;
  }
  const auto close = [](AVFormatContext* context) { avformat_close_input(&context); };
  const std::unique_ptr<AVFormatContext, decltype(close)> context(opened, close);
  for (const char* key : {"creation_time", "com.apple.quicktime.creationdate", "date"}) {
    const AVDictionaryEntry* entry = av_dict_get(context->metadata, key, nullptr, 0);
    if (entry == nullptr) continue;
    if (const auto start = parse_rfc3339(entry->value)) return start;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> start_in_name(const std::string& name) {
  // Not in the midst of a longer number.
  static const std::regex pattern(
      R"((?:^|\D)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[T _.-]?(\d\d)[-_.:]?(\d\d)[-_.:]?(\d\d)(?:\.\d{1,9})?(Z?)(?:\D|$))",
      std::regex::icase);
  std::smatch match;
  if (!std::regex_search(name, match, pattern)) return std::nullopt;
  const Zone zone = match[7].length() > 0 ? Zone::kUtc : Zone::kLocal;
  const std::optional<int64_t> seconds = unix_seconds(civil_time(match), zone);
  if (!seconds) return std::nullopt;
  return *seconds * kSecond_ns;
}

Result<int64_t> parse_start(const std::string& text) {
  if (const auto start = parse_rfc3339(text)) return *start;
  static const std::regex number(R"(\d{1,10}(?:\.(\d{1,9}))?)");
  std::smatch match;
  if (std::regex_match(text, match, number)) {
    return std::stoll(text) * kSecond_ns + (match[1].matched ? fraction_ns(match[1].str()) : 0);
  }
  return invalid("--start is '" + text +
                 "', must be as 2026-01-31T14:22:33Z, or UNIX seconds (from 2000 on)");
}

Result<RecordingStart> recording_start(const std::filesystem::path& path, double duration_s) {
  if (const auto start = start_in_container(path)) return RecordingStart{*start, "metadata"};
  if (const auto start = start_in_name(path.filename().string())) {
    return RecordingStart{*start, "name"};
  }
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return not_found(path.string() + ": no such file");
  const int64_t modified_ns = int64_t{file.st_mtim.tv_sec} * kSecond_ns + file.st_mtim.tv_nsec;
  return RecordingStart{modified_ns - std::llround(duration_s * 1e9), "modified"};
}

}  // namespace deepstack
