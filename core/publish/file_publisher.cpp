#include "core/publish/file_publisher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/time/utc_time.h"

namespace deepstack {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;

std::string reason(int error) { return std::generic_category().message(error); }

Status unavailable(const std::filesystem::path& path, const std::string& why) {
  return {StatusCode::kUnavailable, path.string() + ": cannot be written: " + why};
}

// name.jsonl, name.1.jsonl, name.2.jsonl...
std::filesystem::path numbered(const std::filesystem::path& name, int number) {
  if (number == 0) return name;
  std::filesystem::path file = name.stem();
  file += "." + std::to_string(number);
  file += name.extension();
  return name.parent_path() / file;
}

PublishFailure failure_of(const Status& status) {
  return {status.code() == StatusCode::kExhausted ? PublishFailure::Kind::kFull
                                                  : PublishFailure::Kind::kLost,
          status.message()};
}

// A run that was killed within a write may have left a file without a last line end.
bool ends_within_a_line(int fd, uint64_t size) {
  char last = '\n';
  return size > 0 && pread(fd, &last, 1, static_cast<off_t>(size) - 1) == 1 && last != '\n';
}

}  // namespace

FilePublisher::FilePublisher(const PublishPlan& plan, DeliveryListener& listener,
                             std::shared_ptr<const Clock> clock)
    : target_(plan.address.target),
      rotate_bytes_(plan.settings.rotate_bytes),
      sync_interval_ms_(plan.settings.sync_interval_ms),
      listener_(listener),
      clock_(std::move(clock)) {}

std::filesystem::path FilePublisher::name_now() const {
  const std::string time = to_rfc3339(static_cast<int64_t>(clock_->unix_s() * 1e9));
  return target_.expand({{"date", std::string_view(time).substr(0, 10)},
                         {"hour", std::string_view(time).substr(11, 2)}});
}

Status FilePublisher::check() {
  Status status = open_file(name_now());
  close();
  return status;
}

void FilePublisher::open() {
  if (const Status status = open_file(name_now()); !status.ok()) {
    return listener_.lost(failure_of(status));
  }
  listener_.opened();
}

// The last one of its name, unless that is full.
Status FilePublisher::open_file(const std::filesystem::path& name) {
  close();
  name_ = name;
  number_ = 0;
  std::error_code ignored;
  while (rotate_bytes_ > 0 && std::filesystem::exists(numbered(name, number_ + 1), ignored)) {
    ++number_;
  }
  Status status = try_open(numbered(name, number_));
  if (status.ok() && rotate_bytes_ > 0 && size_ >= rotate_bytes_) status = open_next();
  return status;
}

Status FilePublisher::open_next() {
  close();
  return try_open(numbered(name_, ++number_));
}

// What is no regular file could block for ever; a link could lead anywhere.
Status FilePublisher::try_open(const std::filesystem::path& path) {
  constexpr int kFlags =
      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  path_ = path;
  fd_ = ::open(path.c_str(), kFlags, 0600);
  if (fd_ < 0) {
    return errno == ELOOP ? unavailable(path, "is a symbolic link")
                          : unavailable(path, reason(errno));
  }
  struct stat found {};
  if (fstat(fd_, &found) != 0 || !S_ISREG(found.st_mode)) {
    close();
    return unavailable(path, "is no regular file");
  }
  size_ = static_cast<uint64_t>(found.st_size);
  if (!ends_within_a_line(fd_, size_)) return {};
  return append("");
}

void FilePublisher::send(uint64_t number, const std::string& json) {
  Status status;
  if (const std::filesystem::path name = name_now(); name != name_) {
    status = sync();
    if (status.ok()) status = open_file(name);
  } else if (rotate_bytes_ > 0 && size_ > 0 && size_ + json.size() + 1 > rotate_bytes_) {
    status = sync();
    if (status.ok()) status = open_next();
  }
  if (status.ok()) status = append(json);
  if (status.ok() && sync_interval_ms_ == 0) status = sync();
  if (!status.ok()) return listener_.lost(failure_of(status));
  listener_.delivered(number);
  if (sync_interval_ms_ > 0 && sync_due_ns_ == kNever) {
    sync_due_ns_ = clock_->now_ns() + sync_interval_ms_ * kNanosPerMs;
  }
}

Status FilePublisher::append(const std::string& json) {
  const std::string text = json + "\n";
  // Somebody else may append to it, too.
  size_ = static_cast<uint64_t>(std::max<off_t>(lseek(fd_, 0, SEEK_END), 0));
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(fd_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno;
      // What of it is there already would run into the next line.
      [[maybe_unused]] const int cut = ftruncate(fd_, static_cast<off_t>(size_));
      const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
      const Status status = unavailable(path_, reason(error));
      return full ? Status(StatusCode::kExhausted, status.message()) : status;
    }
    done += static_cast<size_t>(written);
  }
  size_ += text.size();
  return {};
}

Status FilePublisher::sync() {
  sync_due_ns_ = kNever;
  if (fd_ < 0 || sync_interval_ms_ < 0 || fdatasync(fd_) == 0) return {};
  return unavailable(path_, reason(errno));
}

int64_t FilePublisher::serve(int64_t now_ns) {
  if (now_ns < sync_due_ns_) return sync_due_ns_;
  if (const Status status = sync(); !status.ok()) listener_.lost(failure_of(status));
  return sync_due_ns_;
}

void FilePublisher::close() {
  if (fd_ < 0) return;
  static_cast<void>(sync());
  ::close(std::exchange(fd_, -1));
}

}  // namespace deepstack
