#include "pipelines/media/output_stream.h"

#include <unistd.h>

#include <cstdio>
#include <system_error>
#include <utility>

namespace deepstack {

Result<OutputStream> OutputStream::open(const std::filesystem::path& path) {
  OutputStream stream;
  stream.path_ = path;
  stream.to_stdout_ = path == "-";
  if (stream.to_stdout_) return stream;
  stream.temporary_ = path.string() + ".part" + std::to_string(getpid());
  stream.file_.open(stream.temporary_, std::ios::binary | std::ios::trunc);
  if (stream.file_) return stream;
  stream.temporary_.clear();
  return Status(StatusCode::kUnavailable, path.string() + ": cannot be written");
}

OutputStream::OutputStream(OutputStream&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::move(other.file_)),
      to_stdout_(other.to_stdout_) {}

OutputStream::~OutputStream() {
  std::error_code error;
  if (!temporary_.empty()) std::filesystem::remove(temporary_, error);
}

void OutputStream::write(std::string_view text) {
  if (to_stdout_) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    file_.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
}

Status OutputStream::finish() {
  const Status failed(StatusCode::kUnavailable,
                      path_.string() + ": could not be written to its end");
  if (to_stdout_) return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? Status() : failed;
  file_.close();
  if (!file_) return failed;
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) return failed;
  temporary_.clear();
  return {};
}

}  // namespace deepstack
