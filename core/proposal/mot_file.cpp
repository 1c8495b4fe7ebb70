#include "core/proposal/mot_file.h"

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

#include "core/exhausted.h"
#include "core/printable.h"
#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

constexpr std::array<const char*, 7> kFields = {"frame", "id",     "left", "top",
                                                "width", "height", "score"};
constexpr double kLargest = 1e9;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(value) || std::abs(value) > kLargest) return std::nullopt;
  return value;
}

// The first seven fields of a line; the error is what is wrong with it.
Result<std::array<double, 7>> parse_line(std::string_view line) {
  std::array<double, 7> values{};
  for (size_t field = 0; field < values.size(); ++field) {
    const size_t comma = line.find(',');
    const std::string_view text = trimmed(line.substr(0, comma));
    const auto value = number(text);
    if (!value) {
      return corrupt(std::string(kFields[field]) + " is '" + printable(text.substr(0, 32)) +
                     "', no number in -1e9..1e9");
    }
    values[field] = *value;
    if (comma == std::string_view::npos && field + 1 < values.size()) {
      return corrupt("has " + std::to_string(field + 1) + " fields, needs 7");
    }
    line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
  }
  if (values[0] < 1 || values[0] != std::floor(values[0])) {
    return corrupt("frame is no whole number from 1");
  }
  if (values[4] <= 0 || values[5] <= 0) return corrupt("width and height must be positive");
  return values;
}

}  // namespace

Result<std::map<int64_t, std::vector<Detection>>> read_mot_file(const std::string& path) {
  return unless_out_of_memory([&]() -> Result<std::map<int64_t, std::vector<Detection>>> {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return not_found(path + ": no such file");
    if (!std::filesystem::is_regular_file(path, error)) {
      return corrupt(path + ": is no regular file");
    }
    if (std::filesystem::file_size(path, error) > kMaxMotFileBytes) {
      return corrupt(path + ": is larger than " + std::to_string(kMaxMotFileBytes) + " bytes");
    }
    std::ifstream file(path);
    if (!file) return corrupt(path + ": cannot be opened");
    std::map<int64_t, std::vector<Detection>> frames;
    int64_t line_number = 0;
    for (std::string line; std::getline(file, line);) {
      ++line_number;
      if (trimmed(line).empty()) continue;
      Result<std::array<double, 7>> values = parse_line(line);
      if (!values.ok()) {
        return corrupt(path + ":" + std::to_string(line_number) + ": " +
                       values.status().message());
      }
      const auto at = [&](size_t field) { return static_cast<float>((*values)[field]); };
      frames[static_cast<int64_t>((*values)[0])].push_back(
          {.box = {at(2), at(3), at(4), at(5)}, .score = at(6), .label = "person"});
    }
    // A stream keeps to itself what went wrong inside it, and looks like one at its end.
    if (file.bad()) {
      return Status(StatusCode::kExhausted, path + ": not read to its end, for want of memory");
    }
    return frames;
  });
}

Result<Proposer> mot_file_proposer(const std::string& path) {
  auto read = read_mot_file(path);
  if (!read.ok()) return read.status();
  auto frames = std::make_shared<const std::map<int64_t, std::vector<Detection>>>(*std::move(read));
  return Proposer([frames](const ProposalFrame& frame) -> Result<std::vector<Detection>> {
    const auto found = frames->find(frame.number);
    return found == frames->end() ? std::vector<Detection>{} : found->second;
  });
}

}  // namespace deepstack
