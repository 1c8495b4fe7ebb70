#include "core/store/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace deepstack {
namespace {

Status failed(const std::filesystem::path& path, const char* what) {
  return {StatusCode::kUnavailable,
          path.string() + ": cannot be " + what + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<PrivateFile> PrivateFile::create(const std::filesystem::path& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor >= 0) return PrivateFile(path, descriptor);
  if (errno == EEXIST) return invalid(path.string() + ": is there already, and is left as it is");
  return failed(path, "created");
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      kept_(other.kept_) {}

PrivateFile::~PrivateFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!kept_) ::unlink(path_.c_str());
}

Status PrivateFile::write(std::string_view bytes) {
  return write(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Status PrivateFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path_, "written");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status PrivateFile::flush() {
  return ::fsync(descriptor_) == 0 ? Status() : failed(path_, "flushed");
}

}  // namespace deepstack
