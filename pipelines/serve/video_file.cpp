#include "pipelines/serve/video_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

namespace deepstack {

Result<VideoFile> VideoFile::open(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  VideoFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  if (file.descriptor_ < 0) {
    const int error = errno;
    if (error == ELOOP) return corrupt(name + ": is a link now, and not followed");
    return not_found(name +
                     ": the file cannot be opened: " + std::generic_category().message(error));
  }
  struct stat found {};
  if (fstat(file.descriptor_, &found) != 0 || !S_ISREG(found.st_mode)) {
    return corrupt(name + ": is no regular file");
  }
  file.size_ = static_cast<uint64_t>(found.st_size);
  file.identity_ = std::to_string(found.st_dev) + "-" + std::to_string(found.st_ino) + "-" +
                   std::to_string(found.st_size) + "-" + std::to_string(found.st_mtim.tv_sec) +
                   "-" + std::to_string(found.st_mtim.tv_nsec);
  return file;
}

VideoFile::VideoFile(VideoFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      identity_(std::move(other.identity_)) {}

VideoFile::~VideoFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

int64_t VideoFile::read(uint64_t begin, char* data, uint64_t bytes) const {
  for (;;) {
    const ssize_t got = pread(descriptor_, data, bytes, static_cast<off_t>(begin));
    if (got >= 0 || errno != EINTR) return got;
  }
}

std::string VideoFile::descriptor_path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

std::string VideoFile::identity() const { return identity_; }

std::string video_type(const std::filesystem::path& path) {
  static const std::map<std::string, std::string> kTypes{
      {".mp4", "video/mp4"},       {".m4v", "video/mp4"}, {".mov", "video/quicktime"},
      {".webm", "video/webm"},     {".ogv", "video/ogg"}, {".mkv", "video/x-matroska"},
      {".avi", "video/x-msvideo"}, {".ts", "video/mp2t"},
  };
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = kTypes.find(ending);
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

}  // namespace deepstack
