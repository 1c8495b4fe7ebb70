// The recordings that a command line names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack {

struct Recording {
  std::filesystem::path path;
  std::string camera;  // as given, else the name of the folder it lies in
  uint64_t bytes = 0;  // 0: not a file that has a size
};

// Files as they are named, whatever they are; of folders, and those in them, what is called like a
// video; of patterns (* ? [) what fits. Each once, in order of their paths. kInvalid: a name that
// is not there, or that stands for nothing.
Result<std::vector<Recording>> list_recordings(const std::vector<std::string>& names,
                                               const std::string& camera);

}  // namespace deepstack
