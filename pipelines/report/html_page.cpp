#include "pipelines/report/html_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/overlay/colors.h"

namespace deepstack {
namespace {

using nlohmann::json;

// page.html, page.css and page.js as raw strings, made by CMake.
constexpr std::string_view kSkeleton =
#include "report_page_html.inc"
    ;
constexpr std::string_view kStyle =
#include "report_page_css.inc"
    ;
constexpr std::string_view kScript =
#include "report_page_js.inc"
    ;

// Where the parts belong, in this order.
constexpr std::string_view kStyleMark = "/*style*/";
constexpr std::string_view kDataMark = "{\"report\":\"data\"}";
constexpr std::string_view kScriptMark = "/*script*/";

int64_t milliseconds(int64_t ns) { return (ns + 500'000) / 1'000'000; }
double hundredths(double value) { return std::round(value * 100) / 100; }
json optional_score(const std::optional<double>& score) {
  return score ? json(hundredths(*score)) : json();
}

json stretch_json(const Stretch& stretch, const EventLog& log) {
  return {{"track", stretch.track_id},
          {"label", log.labels[static_cast<size_t>(stretch.label)]},
          {"begin", milliseconds(stretch.begin_ns())},
          {"end", milliseconds(stretch.end_ns())},
          {"sightings", stretch.sightings.size()},
          {"score", optional_score(stretch.score)},
          {"gap", 0.0}};
}

// The stretches of an identity; the one that begins a visit says the gap before it.
json stretches_json(const SeenIdentity& identity, const EventLog& log,
                    const IdentityHistory& history) {
  json stretches = json::array();
  for (const Visit& visit : identity.visits) {
    const size_t first = stretches.size();
    for (const size_t index : visit.stretches) {
      stretches.push_back(stretch_json(history.stretches[index], log));
    }
    stretches[first]["gap"] = hundredths(visit.gap_s);
  }
  return stretches;
}

json identity_json(size_t index, const EventLog& log, const IdentityHistory& history) {
  const SeenIdentity& identity = history.identities[index];
  return {{"name", "P" + std::to_string(index + 1)},
          {"id", identity.uuid},
          {"label", log.labels[static_cast<size_t>(identity.label)]},
          {"color", css_color(identity_color(index))},
          {"state", identity.confirmed ? "confirmed" : "tentative"},
          {"begin", milliseconds(identity.visits.front().begin_ns)},
          {"end", milliseconds(identity.visits.back().end_ns)},
          {"visits", identity.visits.size()},
          {"sightings", identity.sightings},
          {"gap", hundredths(identity.longest_gap_s())},
          {"score", optional_score(identity.score)},
          {"stretches", stretches_json(identity, log, history)},
          {"thumbnails", json::array()}};
}

json page_data(const EventLog& log, const IdentityHistory& history,
               const std::vector<Thumbnail>& thumbnails, const ReportedVideo& video) {
  json identities = json::array();
  for (size_t i = 0; i < history.identities.size(); ++i) {
    identities.push_back(identity_json(i, log, history));
  }
  for (const Thumbnail& thumbnail : thumbnails) {
    if (thumbnail.width == 0) continue;
    identities[thumbnail.identity]["thumbnails"].push_back(
        {{"time", milliseconds(thumbnail.time_ns)},
         {"width", thumbnail.width},
         {"height", thumbnail.height},
         {"jpeg", thumbnail.jpeg_base64}});
  }
  json unknown = json::array();
  for (const Stretch& stretch : history.stretches) {
    if (!stretch.identity) unknown.push_back(stretch_json(stretch, log));
  }
  const auto analysed = log.stats.find("frames_analysed");
  const auto length_ms =
      static_cast<int64_t>(std::llround(1000.0 * static_cast<double>(video.frames) / video.fps));
  json data{{"source", log.source},
            {"video", video.name},
            {"width", video.width},
            {"height", video.height},
            {"fps", hundredths(video.fps)},
            {"frames", video.frames},
            {"analysed", analysed != log.stats.end() ? json(analysed->second) : json()},
            {"video_length", length_ms},
            {"length", std::max(length_ms, milliseconds(log.end_ns))},
            {"seconds", video.processing_s ? json(hundredths(*video.processing_s)) : json()},
            {"tracks", history.tracks},
            {"returns", history.returns},
            {"renames", log.renames},
            {"merges", log.merges},
            {"visit_gap", static_cast<double>(kVisitGapNs) / 1e9},
            {"most_thumbnails", thumbnails.size() >= kMaxThumbnails ? kMaxThumbnails : 0},
            {"identities", std::move(identities)},
            {"unknown", std::move(unknown)},
            {"stats", log.stats}};
  return data;
}

static_assert(kSkeleton.find(kStyleMark) < kSkeleton.find(kDataMark) &&
                  kSkeleton.find(kDataMark) < kSkeleton.find(kScriptMark) &&
                  kSkeleton.find(kScriptMark) != std::string_view::npos,
              "page.html has a place for each part");

// Within <script>, "<" could end the script or begin a comment.
std::string script_safe(const std::string& text) {
  std::string safe;
  safe.reserve(text.size() + text.size() / 64);
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

}  // namespace

std::string html_page(const EventLog& log, const IdentityHistory& history,
                      const std::vector<Thumbnail>& thumbnails, const ReportedVideo& video) {
  const std::string data =
      script_safe(page_data(log, history, thumbnails, video)
                      .dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace));
  const std::pair<std::string_view, std::string_view> parts[] = {
      {kStyleMark, kStyle}, {kDataMark, data}, {kScriptMark, kScript}};
  std::string page;
  size_t done = 0;
  for (const auto& [mark, part] : parts) {
    const size_t at = kSkeleton.find(mark, done);
    page.append(kSkeleton.substr(done, at - done)).append(part);
    done = at + mark.size();
  }
  return page.append(kSkeleton.substr(done));
}

}  // namespace deepstack
