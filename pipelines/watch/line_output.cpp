#include "pipelines/watch/line_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace deepstack {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

bool is_regular(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

// A run that was killed within a write, or a full disk, may have left a file without a last line
// end.
bool ends_within_a_line(int fd) {
  const off_t size = lseek(fd, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

Result<std::unique_ptr<LineOutput>> LineOutput::open(const std::string& path,
                                                     std::function<void()> on_change) {
  const bool to_stdout = path == "-";
  const int fd = to_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                           : ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string name = to_stdout ? "stdout" : path;
  if (fd < 0)
    return Status(StatusCode::kUnavailable, name + ": cannot be written: " + reason(errno));
  std::unique_ptr<LineOutput> output(new LineOutput(name, fd, std::move(on_change)));
  if (!output->writer_.is_open()) {
    return Status(StatusCode::kExhausted, name + ": no file descriptor left: " + reason(errno));
  }
  if (!to_stdout && output->regular_ && ends_within_a_line(fd)) output->write_all("\n");
  return output;
}

LineOutput::LineOutput(std::string name, int fd, std::function<void()> on_change)
    : name_(std::move(name)),
      writer_(fd),
      on_change_(std::move(on_change)),
      regular_(is_regular(fd)) {}

void LineOutput::write(std::string_view text) {
  if (listener_) listener_(text);
  int error = EPIPE;
  {
    const std::lock_guard writing(writing_);
    if (!state().broken) error = write_all(text);
  }
  bool changed = false;
  {
    const std::lock_guard guard(mutex_);
    const std::string failure = error == 0 ? "" : name_ + ": cannot be written: " + reason(error);
    changed = failure != state_.failure;
    state_.failure = failure;
    state_.broken = state_.broken || error == EPIPE || error == ECANCELED;
    ++(error == 0 ? state_.lines : state_.lost);
  }
  if (changed && on_change_) on_change_();
}

// 0, or what went wrong.
int LineOutput::write_all(std::string_view text) {
  if (!regular_) return writer_.write(text);
  const int fd = writer_.descriptor();
  const off_t before = lseek(fd, 0, SEEK_END);
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) {
      const int error = errno;
      // What of it is there already would run into the next line.
      if (before >= 0 && ftruncate(fd, before) != 0) return errno;
      return error;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

void LineOutput::interrupt() { writer_.interrupt(); }

LineOutput::State LineOutput::state() const {
  const std::lock_guard guard(mutex_);
  return state_;
}

}  // namespace deepstack
