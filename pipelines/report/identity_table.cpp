#include "pipelines/report/identity_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kColumns = 8;
constexpr size_t kMaxCell = 24;
using Row = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kLeft{true, true, false, false, false, false, false, false};

std::string decimal(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string label_text(const std::string& label) {
  return label.empty() ? "-" : printable(label.substr(0, kMaxCell));
}

Row row_of(size_t number, const SeenIdentity& identity, const EventLog& log) {
  const double gap_s = identity.longest_gap_s();
  return {"P" + std::to_string(number),
          label_text(log.labels[static_cast<size_t>(identity.label)]),
          media_time_text(identity.visits.front().begin_ns),
          media_time_text(identity.visits.back().end_ns),
          std::to_string(identity.visits.size()),
          std::to_string(identity.sightings),
          gap_s > 0 ? decimal("%.1f", gap_s) : "-",
          identity.score ? decimal("%.2f", *identity.score) : "-"};
}

std::string counted(size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

std::string media_time_text(int64_t time_ns) {
  const int64_t tenths = (time_ns + 50'000'000) / 100'000'000;
  const auto part = [](int64_t value) { return static_cast<long long>(value); };
  char text[48];
  if (tenths < 36000) {
    std::snprintf(text, sizeof text, "%lld:%02lld.%lld", part(tenths / 600), part(tenths / 10 % 60),
                  part(tenths % 10));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%lld", part(tenths / 36000),
                  part(tenths / 600 % 60), part(tenths / 10 % 60), part(tenths % 10));
  }
  return text;
}

std::string identity_table(const EventLog& log, const IdentityHistory& history) {
  std::vector<Row> rows{{"identity", "label", "first seen", "last seen", "visits", "sightings",
                         "longest gap s", "mean score"}};
  for (size_t i = 0; i < history.identities.size(); ++i) {
    rows.push_back(row_of(i + 1, history.identities[i], log));
  }
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t c = 0; c < kColumns; ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (size_t c = 0; c < kColumns; ++c) {
      const std::string padding(widths[c] - row[c].size(), ' ');
      text += c == 0 ? "" : "  ";
      text += kLeft[c] ? row[c] + padding : padding + row[c];
    }
    text += '\n';
  }
  const size_t unknown =
      static_cast<size_t>(std::count_if(history.stretches.begin(), history.stretches.end(),
                                        [](const Stretch& stretch) { return !stretch.identity; }));
  return text + counted(history.identities.size(), "identity", "identities") + ", " +
         counted(history.tracks, "track", "tracks") + " (" + std::to_string(unknown) +
         " without identity), " + counted(history.returns, "return", "returns") + ", " +
         counted(log.renames, "rename", "renames") + ", " + counted(log.merges, "merge", "merges") +
         "\n";
}

}  // namespace deepstack
