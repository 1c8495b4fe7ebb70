// For the formats that have a file a video.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipelines/export/archive_export.h"

namespace deepstack {

struct VideoSightings {
  ArchiveVideo video;
  std::vector<Sighting> sightings;  // without features
};

// text_of each video that the filter lets through, into a file of the folder options.output.
Status each_video_to_file(ArchiveStore& archive, const ExportOptions& options,
                          const std::string& ending,
                          const std::function<std::string(const VideoSightings&)>& text_of);

}  // namespace deepstack
