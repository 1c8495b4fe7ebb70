#include "pipelines/export/video_files.h"

#include <system_error>

#include "pipelines/media/output_file.h"

namespace deepstack {

Status each_video_to_file(ArchiveStore& archive, const ExportOptions& options,
                          const std::string& ending,
                          const std::function<std::string(const VideoSightings&)>& text_of) {
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (error || !std::filesystem::is_directory(options.output, error)) {
    return invalid(options.output.string() + ": --output must be a folder for this format");
  }
  std::vector<ArchiveVideo> videos;
  Status status = archive.videos(options.filter, [&](ArchiveVideo video) {
    if (video.status != VideoStatus::kFailed) videos.push_back(std::move(video));
    return true;
  });
  for (size_t i = 0; status.ok() && i < videos.size(); ++i) {
    VideoSightings seen{.video = videos[i], .sightings = {}};
    ArchiveFilter filter = options.filter;
    filter.video = videos[i].id;
    status = archive.sightings(filter, [&](Sighting sighting) {
      sighting.observation.gate.clear();
      sighting.observation.levels.clear();
      seen.sightings.push_back(std::move(sighting));
      return true;
    });
    if (!status.ok()) break;
    status = write_output(options.output / file_name(videos[i], ending), text_of(seen));
  }
  return status;
}

}  // namespace deepstack
