#include <cstdio>

#include "pipelines/export/archive_export.h"
#include "pipelines/export/video_files.h"

namespace deepstack {

Status export_mot(ArchiveStore& archive, const ExportOptions& options) {
  return each_video_to_file(archive, options, ".txt", [](const VideoSightings& seen) {
    std::map<std::pair<int64_t, int64_t>, std::string> rows;  // by frame and track
    for (const Sighting& sighting : seen.sightings) {
      const ArchiveObservation& observation = sighting.observation;
      const int64_t frame = frame_at(seen.video, observation.pts_ns);
      const int64_t id = sighting.identity != 0 ? sighting.identity : -sighting.track_number;
      char row[160];
      std::snprintf(row, sizeof row, "%lld,%lld,%.2f,%.2f,%.2f,%.2f,%.4f,-1,-1,-1\n",
                    static_cast<long long>(frame), static_cast<long long>(id),
                    static_cast<double>(observation.box.x), static_cast<double>(observation.box.y),
                    static_cast<double>(observation.box.width),
                    static_cast<double>(observation.box.height),
                    static_cast<double>(observation.score));
      rows[{frame, sighting.track_number}] = row;
    }
    std::string text;
    for (const auto& [key, row] : rows) text += row;
    return text;
  });
}

}  // namespace deepstack
