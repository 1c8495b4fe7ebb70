// VideoFile: a video of the store, opened to be shown. The store says which file it is; what lies
// there must still be a regular file, no link, that this process may read. Nothing else of the disk
// can be asked for, whatever a request says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/status.h"

namespace deepstack {

class VideoFile {
 public:
  // kNotFound: it is gone. kCorrupt: no regular file (any more).
  static Result<VideoFile> open(const std::filesystem::path& path);

  VideoFile(VideoFile&& other) noexcept;
  VideoFile& operator=(VideoFile&&) = delete;
  ~VideoFile();

  uint64_t size() const { return size_; }
  // Bytes from `begin` on, as many as there are; 0 at the end, -1 when they cannot be read.
  int64_t read(uint64_t begin, char* data, uint64_t bytes) const;
  // By which the same file is opened again, whatever lies at its path by then.
  std::string descriptor_path() const;
  // What tells a file from one that has taken its place.
  std::string identity() const;

 private:
  explicit VideoFile(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  uint64_t size_ = 0;
  std::string identity_;
};

// MIME by the ending; browsers look at the contents anyway.
std::string video_type(const std::filesystem::path& path);

}  // namespace deepstack
