#include "core/store/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "core/printable.h"

namespace deepstack {
namespace {

Status unavailable(std::string message) { return {StatusCode::kUnavailable, std::move(message)}; }

// As `ps` calls it; "" when it is gone or somebody else's.
std::string program_of(const std::string& process) {
  std::ifstream in("/proc/" + process + "/comm");
  std::string name;
  std::getline(in, name);
  return name.empty() ? "" : " (" + printable(name) + ")";
}

// What the holder wrote: its process id.
std::string holder(int descriptor) {
  std::array<char, 16> digits{};
  const ssize_t length = pread(descriptor, digits.data(), digits.size(), 0);
  std::string text;
  for (ssize_t i = 0;
       i < length && digits[static_cast<size_t>(i)] >= '0' && digits[static_cast<size_t>(i)] <= '9';
       ++i) {
    text += digits[static_cast<size_t>(i)];
  }
  return text.empty() ? "another process" : "process " + text + program_of(text);
}

}  // namespace

Result<StoreLock> StoreLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "deepstack.lock";
  StoreLock lock;
  lock.descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
  if (lock.descriptor_ < 0) {
    return unavailable(file.string() +
                       ": cannot be written: " + std::generic_category().message(errno));
  }
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return unavailable(file.string() +
                         ": cannot be locked: " + std::generic_category().message(errno));
    }
    return unavailable(folder.string() + ": " + holder(lock.descriptor_) +
                       " writes to this store, and only one can: end it to edit the store; learn "
                       "beside it with gallery-mode=read, or in the same process share the gallery "
                       "by gallery-id");
  }
  // For whoever comes second; without it the lock is as good.
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.descriptor_, 0) == 0) {
    static_cast<void>(!pwrite(lock.descriptor_, text.data(), text.size(), 0));
  }
  return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

StoreLock& StoreLock::operator=(StoreLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

StoreLock::~StoreLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace deepstack
