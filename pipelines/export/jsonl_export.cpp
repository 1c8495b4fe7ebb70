#include <nlohmann/json.hpp>

#include "core/time/utc_time.h"
#include "pipelines/export/archive_export.h"
#include "pipelines/media/output_stream.h"

namespace deepstack {
namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string utc(double seconds) { return to_rfc3339(static_cast<int64_t>(seconds * 1e6) * 1000); }

Json identity_of(int64_t number, const std::map<int64_t, std::string>& uuids) {
  const auto found = uuids.find(number);
  return found == uuids.end() ? Json() : Json(found->second);
}

Json json_of(const ArchiveVideo& video) {
  return {{"type", "video"},
          {"video", video.id},
          {"camera", video.camera},
          {"path", video.path},
          {"content_sha256", video.content_hash},
          {"start", to_rfc3339(video.start_ns)},
          {"start_source", video.start_source},
          {"duration_s", video.duration_s},
          {"fps", video.fps},
          {"width", video.width},
          {"height", video.height},
          {"frames", video.frames},
          {"status", to_string(video.status)},
          {"error", video.error}};
}

Json json_of(const ArchiveTrack& track, const std::map<int64_t, std::string>& uuids) {
  return {{"type", "track"},
          {"video", track.video},
          {"track", track.number},
          {"identity", identity_of(track.identity, uuids)},
          {"score", track.score},
          {"label", track.label},
          {"first_seen", utc(track.first_seen_s)},
          {"last_seen", utc(track.last_seen_s)},
          {"first_pts_ns", track.first_pts_ns},
          {"last_pts_ns", track.last_pts_ns}};
}

Json json_of(const Sighting& sighting, const std::map<int64_t, std::string>& uuids, bool features) {
  const ArchiveObservation& seen = sighting.observation;
  Json json{{"type", "observation"},
            {"video", sighting.video},
            {"camera", sighting.camera},
            {"track", sighting.track_number},
            {"identity", identity_of(sighting.identity, uuids)},
            {"label", sighting.label},
            {"time", utc(seen.seconds)},
            {"pts_ns", seen.pts_ns},
            {"box", {seen.box.x, seen.box.y, seen.box.width, seen.box.height}},
            {"score", seen.score},
            {"quality", seen.quality}};
  if (features) {
    json["gate"] = seen.gate;
    json["levels_fp16"] = seen.levels;
  }
  return json;
}

}  // namespace

Status export_jsonl(ArchiveStore& archive, const ExportOptions& options) {
  const Result<std::map<int64_t, std::string>> uuids = identity_uuids(archive);
  if (!uuids.ok()) return uuids.status();
  Result<OutputStream> output = OutputStream::open(options.output);
  if (!output.ok()) return output.status();
  const StoreModel& model = archive.model();
  output->write(line_of({{"type", "archive"},
                         {"format", "deepstack-archive-1"},
                         {"model", model.name},
                         {"model_sha256", model.sha256},
                         {"levels", model.shape.levels},
                         {"width", model.shape.width}}));
  Status status = archive.videos(options.filter, [&](const ArchiveVideo& video) {
    output->write(line_of(json_of(video)));
    return true;
  });
  if (!status.ok()) return status;
  status = archive.tracks(options.filter, [&](const ArchiveTrack& track) {
    output->write(line_of(json_of(track, *uuids)));
    return true;
  });
  if (!status.ok()) return status;
  status = archive.sightings(options.filter, [&](const Sighting& sighting) {
    output->write(line_of(json_of(sighting, *uuids, options.features)));
    return true;
  });
  return status.ok() ? output->finish() : status;
}

}  // namespace deepstack
