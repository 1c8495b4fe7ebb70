#include "pipelines/media/timestamps_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace deepstack {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string> cells;
  while (true) {
    const size_t comma = line.find(',');
    cells.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Result<std::vector<int64_t>> read_timestamps(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return not_found(path.string() + ": cannot be read");
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = cells_of(line);
  const auto column = [&](const char* name) {
    return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  const size_t frame = column("frame");
  const size_t pts = column("pts_ns");
  if (frame == header.size() || pts == header.size()) {
    return corrupt(path.string() + ":1: the header must name frame and pts_ns");
  }
  std::vector<int64_t> times_ns;
  for (int64_t number = 2; std::getline(file, line); ++number) {
    if (line.empty() || line == "\r") continue;
    const auto wrong = [&](const std::string& what) {
      return corrupt(path.string() + ":" + std::to_string(number) + ": " + what);
    };
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != header.size()) {
      return wrong("has " + std::to_string(cells.size()) + " cells, the header " +
                   std::to_string(header.size()));
    }
    const auto index = whole_number(cells[frame]);
    const auto time_ns = whole_number(cells[pts]);
    if (!index || *index != static_cast<int64_t>(times_ns.size()) + 1) {
      return wrong("frame is '" + cells[frame] + "', " + std::to_string(times_ns.size() + 1) +
                   " is next");
    }
    if (!time_ns || (!times_ns.empty() && *time_ns < times_ns.back())) {
      return wrong("pts_ns is '" + cells[pts] + "', must be a number that does not fall");
    }
    times_ns.push_back(*time_ns);
  }
  return times_ns;
}

}  // namespace deepstack
