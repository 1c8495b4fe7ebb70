#include "pipelines/media/output_file.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

namespace deepstack {

Status write_output(const std::filesystem::path& path, std::string_view content) {
  if (path == "-") {
    const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size();
    return written && std::fflush(stdout) == 0 ? Status() : internal("stdout: cannot be written");
  }
  const std::filesystem::path part = path.string() + ".part" + std::to_string(getpid());
  std::ofstream file(part, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(part, path, error);
  if (file && !error) return {};
  const std::string reason = error ? error.message() : std::generic_category().message(errno);
  std::filesystem::remove(part, error);
  return {StatusCode::kUnavailable, path.string() + ": cannot be written: " + reason};
}

}  // namespace deepstack
