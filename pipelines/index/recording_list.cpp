#include "pipelines/index/recording_list.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <system_error>

namespace deepstack {
namespace {

namespace fs = std::filesystem;

bool is_called_like_a_video(const fs::path& path) {
  static const std::set<std::string> kEndings{".264", ".265",  ".3gp",  ".asf",  ".avi",  ".dav",
                                              ".flv", ".h264", ".h265", ".hevc", ".m2ts", ".m4v",
                                              ".mkv", ".mov",  ".mp4",  ".mpeg", ".mpg",  ".mts",
                                              ".mxf", ".ogv",  ".ts",   ".webm", ".wmv"};
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return kEndings.contains(ending);
}

Status find_in_folder(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (is_called_like_a_video(entries->path())) found.push_back(entries->path());
  }
  if (!error) return {};
  return not_found(folder.string() + ": cannot be looked through: " + error.message());
}

Status find_by_pattern(const std::string& pattern, std::vector<fs::path>& found) {
  glob_t matches{};
  const int code = glob(pattern.c_str(), GLOB_TILDE, nullptr, &matches);
  for (size_t i = 0; code == 0 && i < matches.gl_pathc; ++i) {
    found.emplace_back(matches.gl_pathv[i]);
  }
  globfree(&matches);
  return code == 0 ? Status() : invalid(pattern + ": nothing is called like this");
}

}  // namespace

Result<std::vector<Recording>> list_recordings(const std::vector<std::string>& names,
                                               const std::string& camera) {
  std::map<fs::path, Recording> by_path;
  for (const std::string& name : names) {
    std::vector<fs::path> named{name};
    std::error_code error;
    if (!fs::exists(fs::symlink_status(name, error))) {
      named.clear();
      if (Status status = find_by_pattern(name, named); !status.ok()) return status;
    }
    std::vector<fs::path> found;
    for (const fs::path& path : named) {
      if (!fs::is_directory(path, error)) {
        found.push_back(path);
      } else if (Status status = find_in_folder(path, found); !status.ok()) {
        return status;
      }
    }
    if (found.empty()) return invalid(name + ": holds no file that is called like a video");
    for (const fs::path& path : found) {
      const fs::path whole = fs::absolute(path, error).lexically_normal();
      const bool has_size = fs::is_regular_file(whole, error);
      by_path[whole] = {.path = whole,
                        .camera = camera.empty() ? whole.parent_path().filename().string() : camera,
                        .bytes = has_size ? static_cast<uint64_t>(fs::file_size(whole, error)) : 0};
    }
  }
  std::vector<Recording> recordings;
  for (auto& [path, recording] : by_path) recordings.push_back(std::move(recording));
  return recordings;
}

}  // namespace deepstack
