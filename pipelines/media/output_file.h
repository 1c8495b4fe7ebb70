// Output files appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/status.h"

namespace deepstack {

// Writes content to path ("-": stdout) through a temporary file beside it, renamed when complete.
Status write_output(const std::filesystem::path& path, std::string_view content);

}  // namespace deepstack
