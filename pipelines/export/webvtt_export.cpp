#include <algorithm>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "pipelines/export/archive_export.h"
#include "pipelines/export/video_files.h"

namespace deepstack {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kLongest_ns = 2'000'000'000;  // a box that is not seen again goes after this

std::string time_of(int64_t ns) {
  const long long ms = ns / 1'000'000;
  char text[32];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld.%03lld", ms / 3'600'000, ms / 60'000 % 60,
                ms / 1000 % 60, ms % 1000);
  return text;
}

// In shares of the picture, so that a player of any size can draw it.
Json box_of(const ArchiveVideo& video, const Box& box) {
  const float width = static_cast<float>(std::max(1, video.width));
  const float height = static_cast<float>(std::max(1, video.height));
  return {box.x / width, box.y / height, box.width / width, box.height / height};
}

// No text of a cue may look like the arrow between two times.
std::string escaped(std::string json) {
  for (size_t at = 0; (at = json.find('>', at)) != std::string::npos; at += 6) {
    json.replace(at, 1, "\\u003e");
  }
  return json;
}

std::string cues_of(const VideoSightings& seen, const std::map<int64_t, std::string>& uuids) {
  std::map<int64_t, std::vector<const Sighting*>> tracks;
  for (const Sighting& sighting : seen.sightings) {
    tracks[sighting.track_number].push_back(&sighting);
  }
  std::multimap<int64_t, std::string> cues;  // by when they begin
  for (const auto& [number, track] : tracks) {
    for (size_t i = 0; i < track.size(); ++i) {
      const Sighting& now = *track[i];
      const int64_t begin_ns = now.observation.pts_ns;
      const Sighting& next = *track[std::min(i + 1, track.size() - 1)];
      const int64_t gap_ns = next.observation.pts_ns - begin_ns;
      const bool goes_on = gap_ns > 0 && gap_ns <= kLongest_ns;
      const int64_t end_ns = begin_ns + (goes_on ? gap_ns : kLongest_ns / 4);
      const auto uuid = uuids.find(now.identity);
      Json json{{"track", number},
                {"identity", uuid == uuids.end() ? Json() : Json(uuid->second)},
                {"label", now.label},
                {"box", box_of(seen.video, now.observation.box)},
                {"to", box_of(seen.video, (goes_on ? next : now).observation.box)},
                {"score", now.observation.score}};
      cues.emplace(begin_ns, time_of(begin_ns) + " --> " + time_of(end_ns) + "\n" +
                                 escaped(json.dump(-1, ' ', true, Json::error_handler_t::replace)) +
                                 "\n\n");
    }
  }
  std::string text = "WEBVTT\n\n";
  for (const auto& [begin, cue] : cues) text += cue;
  return text;
}

}  // namespace

Status export_webvtt(ArchiveStore& archive, const ExportOptions& options) {
  const Result<std::map<int64_t, std::string>> uuids = identity_uuids(archive);
  if (!uuids.ok()) return uuids.status();
  return each_video_to_file(archive, options, ".vtt",
                            [&](const VideoSightings& seen) { return cues_of(seen, *uuids); });
}

}  // namespace deepstack
