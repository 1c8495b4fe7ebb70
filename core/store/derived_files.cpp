#include "core/store/derived_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

namespace deepstack {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kFolders{"cache", "crops", "thumbnails"};
constexpr size_t kLongestLine_bytes = 16 << 20;  // of what lies in a store's folder

Status failed(const fs::path& path, const char* what, const std::string& why) {
  return {StatusCode::kUnavailable, path.string() + ": cannot be " + what + ": " + why};
}

bool names_any(std::string_view line, std::span<const std::string> words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return line.find(word) != std::string_view::npos;
  });
}

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path)
      : number_(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

Status overwrite(const fs::path& path, const Descriptor& file, int64_t begin, size_t bytes) {
  const std::string blanks(bytes, ' ');
  const ssize_t written = ::pwrite(file.number(), blanks.data(), bytes, begin);
  if (written == static_cast<ssize_t>(bytes)) return {};
  return failed(path, "written", std::generic_category().message(written < 0 ? errno : ENOSPC));
}

Result<int64_t> blank_lines_of(const fs::path& path, std::span<const std::string> words) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed(path, "read", std::generic_category().message(errno));
  const Descriptor out(path);
  if (out.number() < 0) return failed(path, "written", std::generic_category().message(errno));
  int64_t blanked = 0, begin = 0;
  for (std::string line; std::getline(in, line); begin += static_cast<int64_t>(line.size()) + 1) {
    if (line.size() > kLongestLine_bytes) {
      return failed(path, "read",
                    "a line is longer than " + std::to_string(kLongestLine_bytes) + " bytes");
    }
    if (!names_any(line, words)) continue;
    if (Status status = overwrite(path, out, begin, line.size()); !status.ok()) return status;
    ++blanked;
  }
  if (blanked > 0 && ::fdatasync(out.number()) != 0) {
    return failed(path, "flushed", std::generic_category().message(errno));
  }
  return blanked;
}

}  // namespace

std::span<const char* const> derived_folders() { return kFolders; }

Result<std::vector<fs::path>> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    const fs::file_status status = each->symlink_status(error);
    if (!error && fs::is_regular_file(status)) files.push_back(each->path());
  }
  if (error) return failed(folder, "looked through", error.message());
  std::sort(files.begin(), files.end());
  return files;
}

Result<int64_t> drop_derived_files(const fs::path& folder) {
  int64_t dropped = 0;
  for (const char* name : kFolders) {
    const fs::path derived = folder / name;
    std::error_code error;
    const fs::file_status status = fs::symlink_status(derived, error);
    if (!fs::is_directory(status)) continue;
    for (fs::directory_iterator each(derived, error), end; !error && each != end;
         each.increment(error)) {
      std::error_code removing;
      dropped += static_cast<int64_t>(fs::remove_all(each->path(), removing));
      if (removing) return failed(each->path(), "removed", removing.message());
    }
    if (error) return failed(derived, "looked through", error.message());
  }
  return dropped;
}

Result<int64_t> blank_lines(const fs::path& folder, std::span<const std::string> words) {
  const Result<std::vector<fs::path>> files = files_below(folder);
  if (!files.ok()) return files.status();
  int64_t blanked = 0;
  for (const fs::path& file : *files) {
    if (file.extension() != ".jsonl") continue;
    const Result<int64_t> lines = blank_lines_of(file, words);
    if (!lines.ok()) return lines.status();
    blanked += *lines;
  }
  return blanked;
}

}  // namespace deepstack
