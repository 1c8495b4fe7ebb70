#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "pipelines/export/archive_export.h"
#include "pipelines/media/output_stream.h"

namespace deepstack {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list of things as text, written as it grows.
class Rows {
 public:
  explicit Rows(OutputStream& output) : output_(output) {}
  void add(const Json& row) {
    output_.write((first_ ? "\n" : ",\n") + text_of(row));
    first_ = false;
  }

 private:
  OutputStream& output_;
  bool first_ = true;
};

// Frames with something in them, by video and number, with the ids that COCO wants.
class Images {
 public:
  int64_t id(int64_t video, int64_t frame) {
    return ids_.try_emplace({video, frame}, static_cast<int64_t>(ids_.size()) + 1).first->second;
  }
  const std::map<std::pair<int64_t, int64_t>, int64_t>& ids() const { return ids_; }

 private:
  std::map<std::pair<int64_t, int64_t>, int64_t> ids_;
};

Json image_of(const ArchiveVideo& video, int64_t frame, int64_t id) {
  char number[24];
  std::snprintf(number, sizeof number, "/%08lld.jpg", static_cast<long long>(frame));
  return {{"id", id},
          {"file_name", file_name(video, "") + number},
          {"width", video.width},
          {"height", video.height},
          {"video_id", video.id},
          {"frame_id", frame}};
}

}  // namespace

Status export_coco(ArchiveStore& archive, const ExportOptions& options) {
  Result<OutputStream> output = OutputStream::open(options.output);
  if (!output.ok()) return output.status();
  std::map<int64_t, ArchiveVideo> videos;
  Status status = archive.videos(options.filter, [&](ArchiveVideo video) {
    const int64_t id = video.id;
    videos.emplace(id, std::move(video));
    return true;
  });
  if (!status.ok()) return status;
  std::map<std::string, int64_t> categories;
  Images images;
  output->write("{\"annotations\": [");
  Rows annotations(*output);
  status = archive.sightings(options.filter, [&](const Sighting& sighting) {
    const auto video = videos.find(sighting.video);
    if (video == videos.end()) return true;
    const ArchiveObservation& seen = sighting.observation;
    const auto category =
        categories.try_emplace(sighting.label, static_cast<int64_t>(categories.size()) + 1).first;
    annotations.add({{"id", seen.id},
                     {"image_id", images.id(sighting.video, frame_at(video->second, seen.pts_ns))},
                     {"category_id", category->second},
                     {"bbox", {seen.box.x, seen.box.y, seen.box.width, seen.box.height}},
                     {"area", seen.box.area()},
                     {"iscrowd", 0},
                     {"score", seen.score},
                     {"track_id", seen.track},
                     {"identity", sighting.identity}});
    return true;
  });
  if (!status.ok()) return status;
  output->write("\n],\n\"images\": [");
  Rows image_rows(*output);
  for (const auto& [key, id] : images.ids()) {
    image_rows.add(image_of(videos.at(key.first), key.second, id));
  }
  output->write("\n],\n\"videos\": [");
  Rows video_rows(*output);
  for (const auto& [id, video] : videos) {
    video_rows.add({{"id", id}, {"name", video.path}, {"camera", video.camera}});
  }
  output->write("\n],\n\"categories\": [");
  Rows category_rows(*output);
  for (const auto& [name, id] : categories) category_rows.add({{"id", id}, {"name", name}});
  output->write("\n]}\n");
  return output->finish();
}

}  // namespace deepstack
