// The token of `deepstack serve` from a file, so that it stands in no command line. The file is one
// line of 16 to 256 letters, digits or signs, and belongs to its owner alone (mode 0600 or less).
#pragma once

#include <filesystem>
#include <string>

#include "core/status.h"

namespace deepstack {

// The token's SHA-256 in hexadecimal digits, which is all that is kept of it. kNotFound, kInvalid
// (mode, owner, contents), kCorrupt (no file that can be read); messages repeat nothing of it.
Result<std::string> read_token_digest(const std::filesystem::path& file);

}  // namespace deepstack
