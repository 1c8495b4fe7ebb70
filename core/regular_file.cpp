#include "core/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace deepstack {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

Status cannot_open(int error) {
  if (error == ENOENT || error == ENOTDIR) return not_found("no such file");
  return corrupt("cannot be opened: " + reason(error));
}

}  // namespace

Result<RegularFile> RegularFile::open(const std::filesystem::path& path) {
  // Looked at before it is opened, as opening alone can do something to a device; and again after.
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return cannot_open(errno);
  if (!S_ISREG(found.st_mode)) return corrupt("is no regular file");
  RegularFile file;
  file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file.descriptor_ < 0 || fstat(file.descriptor_, &found) != 0) return cannot_open(errno);
  if (!S_ISREG(found.st_mode)) return corrupt("is no regular file");
  file.size_ = static_cast<uint64_t>(found.st_size);
  file.modified_ = found.st_mtim;
  return file;
}

RegularFile::RegularFile(RegularFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(std::exchange(other.size_, 0)),
      modified_(other.modified_) {}

RegularFile& RegularFile::operator=(RegularFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(modified_, other.modified_);
  return *this;
}

RegularFile::~RegularFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Status RegularFile::read(uint64_t begin, void* data, uint64_t bytes) const {
  // The kernel reads at most 2 GiB at once.
  constexpr uint64_t kAtOnce = 1 << 30;
  for (uint64_t done = 0; done < bytes;) {
    const ssize_t got = pread(descriptor_, static_cast<char*>(data) + done,
                              std::min(bytes - done, kAtOnce), static_cast<off_t>(begin + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return corrupt("could not be read: " + reason(errno));
    if (got == 0) {
      return corrupt("ends at byte " + std::to_string(begin + done) + ", bytes " +
                     std::to_string(begin) + ".." + std::to_string(begin + bytes) +
                     " were to be read; it has changed while it was read");
    }
    done += static_cast<uint64_t>(got);
  }
  return check_unchanged();
}

// Asked after the bytes were read: they are of one version when nothing was written until then.
Status RegularFile::check_unchanged() const {
  struct stat now {};
  if (fstat(descriptor_, &now) != 0) return corrupt("could not be read: " + reason(errno));
  if (static_cast<uint64_t>(now.st_size) != size_ || now.st_mtim.tv_sec != modified_.tv_sec ||
      now.st_mtim.tv_nsec != modified_.tv_nsec) {
    return corrupt("has changed while it was read: it had " + std::to_string(size_) +
                   " bytes and has " + std::to_string(now.st_size));
  }
  return {};
}

Result<std::string> read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  Result<RegularFile> file = RegularFile::open(path);
  if (!file.ok()) return file.status();
  if (file->size() > max_bytes) {
    return corrupt("has " + std::to_string(file->size()) + " bytes, the limit is " +
                   std::to_string(max_bytes));
  }
  std::string text(file->size(), '\0');
  if (Status status = file->read(0, text.data(), text.size()); !status.ok()) return status;
  return text;
}

}  // namespace deepstack
