#include "pipelines/gallery/text_table.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "core/printable.h"
#include "core/store/identity_name.h"
#include "core/time/utc_time.h"

namespace deepstack {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no room.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

std::string TextTable::text() const {
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      line += row[c] + std::string(widths[c] - width_of(row[c]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string time_text(double unix_s) {
  constexpr double kLatest_s = 9e9;
  if (!(unix_s >= 0 && unix_s < kLatest_s)) {
    char seconds[64];
    std::snprintf(seconds, sizeof seconds, "%.0f s", unix_s);
    return seconds;
  }
  std::string text = to_rfc3339(static_cast<int64_t>(unix_s) * 1'000'000'000);
  text.resize(sizeof "2026-11-25T19:06:14" - 1);
  text[10] = ' ';
  return text;
}

std::string name_text(const std::string& name) {
  return check_name(name).ok() ? name : printable(name);
}

}  // namespace deepstack
