#include "pipelines/export/archive_export.h"

#include <cctype>
#include <cmath>

namespace deepstack {

Result<std::map<int64_t, std::string>> identity_uuids(ArchiveStore& archive) {
  std::map<int64_t, std::string> uuids;
  Status status = archive.identities(
      [&](Identity identity) { uuids[identity.number] = std::move(identity.uuid); });
  if (!status.ok()) return status;
  return uuids;
}

int64_t frame_at(const ArchiveVideo& video, int64_t pts_ns) {
  return std::llround(static_cast<double>(pts_ns) / 1e9 * video.fps) + 1;
}

std::string file_name(const ArchiveVideo& video, const std::string& ending) {
  constexpr size_t kLongest = 100;
  std::string stem = std::filesystem::path(video.path).stem().string().substr(0, kLongest);
  for (char& c : stem) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
  }
  return std::to_string(video.id) + "-" + stem + ending;
}

}  // namespace deepstack
