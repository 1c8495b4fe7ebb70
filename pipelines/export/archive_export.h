// What `deepstack export` writes, one function a format. Each reads what the filter lets through
// from an archive and writes it whole, or fails and leaves nothing.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/store/archive_store.h"

namespace deepstack {

struct ExportOptions {
  ArchiveFilter filter;
  std::filesystem::path output;
  bool features = false;  // jsonl: with the levels of each observation
};

// Videos, tracks and observations as JSON, one object a line.
Status export_jsonl(ArchiveStore& archive, const ExportOptions& options);

// One JSON file in COCO's layout: images are frames of the videos.
Status export_coco(ArchiveStore& archive, const ExportOptions& options);

// Into a folder, one file a video: MOTChallenge rows, and WebVTT metadata cues with JSON in them.
Status export_mot(ArchiveStore& archive, const ExportOptions& options);
Status export_webvtt(ArchiveStore& archive, const ExportOptions& options);

// UUIDs of the identities, by number.
Result<std::map<int64_t, std::string>> identity_uuids(ArchiveStore& archive);

// Number of the frame that was shown at this time, from 1.
int64_t frame_at(const ArchiveVideo& video, int64_t pts_ns);

// A name for a file about the video that is no path, whatever the video is called: "12-door" +
// ending.
std::string file_name(const ArchiveVideo& video, const std::string& ending);

}  // namespace deepstack
