// content_hash(): whether a recording is one that was seen before, by what is in it, wherever it
// lies and whatever it is called.
#pragma once

#include <filesystem>
#include <string>

#include "core/status.h"

namespace deepstack {

// 64 digits. Of a file up to 64 MiB all of it; of a larger one its size, its first and last 8 MiB,
// and 48 pieces of 1 MiB spread over the rest, so that a recording of hours costs no more than a
// second. kNotFound or kCorrupt, naming the file: what is no regular file, is empty or cannot be
// read.
Result<std::string> content_hash(const std::filesystem::path& path);

}  // namespace deepstack
