#include "pipelines/serve/view_json.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace deepstack {
namespace {

using nlohmann::json;

double milli(double value) { return std::round(value * 1e3) / 1e3; }
double tenth(double value) { return std::round(value * 10) / 10; }

json cameras_json(const std::vector<ArchiveView::Camera>& cameras) {
  json all = json::array();
  for (const ArchiveView::Camera& camera : cameras) {
    all.push_back({{"name", camera.name}, {"videos", camera.videos}, {"tracks", camera.tracks}});
  }
  return all;
}

// A camera by its place in the overview, -1 when it came since: rows are many, names long.
int64_t index_of(const ArchiveView::Overview& overview, const std::string& camera) {
  const auto& all = overview.cameras;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == camera; });
  return found == all.end() ? -1 : found - all.begin();
}

}  // namespace

json to_json(const ArchiveView::Overview& overview) {
  json labels = json::array();
  for (const ArchiveView::Label& label : overview.labels) {
    labels.push_back({{"name", label.name}, {"identities", label.identities}});
  }
  return {{"first", milli(overview.first_s)},
          {"last", milli(overview.last_s)},
          {"cameras", cameras_json(overview.cameras)},
          {"labels", std::move(labels)},
          {"identities", overview.identities},
          {"videos", overview.videos},
          {"tracks", overview.tracks},
          {"observations", overview.observations},
          {"model", overview.model}};
}

json to_json(const ArchiveView::Rows& rows, const ArchiveView::Overview& overview) {
  json all = json::array();
  for (const ArchiveView::Row& row : rows.rows) {
    json stays = json::array();
    for (const ArchiveView::Stay& stay : row.stays) {
      stays.push_back({index_of(overview, stay.camera), milli(stay.first_s), milli(stay.last_s),
                       stay.tracks, stay.track, stay.video, milli(stay.pts_s)});
    }
    json one = to_json(row.identity);
    one["picture"] = row.picture;
    one["stays"] = std::move(stays);
    all.push_back(std::move(one));
  }
  return {{"total", rows.total}, {"rows", std::move(all)}};
}

json to_json(const ArchiveView::Identity& identity) {
  return {{"number", identity.number},
          {"uuid", identity.uuid},
          {"name", identity.name},
          {"label", identity.label},
          {"first", milli(identity.first_s)},
          {"last", milli(identity.last_s)},
          {"merged_into", identity.merged_into}};
}

json to_json(const ArchiveView::Details& details) {
  json whole = to_json(details.identity);
  whole["tracks"] = details.tracks;
  whole["sightings"] = details.sightings;
  whole["prototypes"] = details.prototypes;
  whole["cameras"] = cameras_json(details.cameras);
  whole["picture"] = details.picture;
  return whole;
}

json to_json(const ArchiveView::Track& track) {
  return {{"id", track.id},
          {"identity", track.identity},
          {"name", track.name},
          {"label", track.label},
          {"camera", track.camera},
          {"first", milli(track.first_s)},
          {"last", milli(track.last_s)},
          {"video", track.video},
          {"first_pts", milli(track.first_pts_s)},
          {"last_pts", milli(track.last_pts_s)},
          {"sightings", track.sightings},
          {"picture", track.picture}};
}

// Of the path the name alone: where videos lie is nobody's business.
json to_json(const ArchiveView::Video& video) {
  return {{"id", video.id},
          {"camera", video.camera},
          {"file", std::filesystem::path(video.path).filename().string()},
          {"status", video.status},
          {"error", video.error},
          {"start", milli(video.start_s)},
          {"start_source", video.start_source},
          {"duration", milli(video.duration_s)},
          {"fps", milli(video.fps)},
          {"width", video.width},
          {"height", video.height},
          {"tracks", video.tracks}};
}

json to_json(const ArchiveView::VideoTrack& track) {
  json boxes = json::array();
  for (const ArchiveView::SeenBox& seen : track.boxes) {
    boxes.push_back({milli(seen.pts_s), tenth(seen.box.x), tenth(seen.box.y), tenth(seen.box.width),
                     tenth(seen.box.height)});
  }
  json whole = to_json(track.track);
  whole["boxes"] = std::move(boxes);
  return whole;
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace deepstack
