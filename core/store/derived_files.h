// Files below a store's folder that are made from what it knows: pictures and caches, which can be
// made again and are dropped as a whole when somebody is erased, and lines of JSON that tell of
// him, which are blanked. Nothing outside of the folder is touched, and no link is followed. Any
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack {

// Names of the folders below a store's that hold nothing that cannot be made again: "cache",
// "crops", "thumbnails". Whoever keeps pictures of people keeps them there.
std::span<const char* const> derived_folders();

// Removes all files there; how many there were.
Result<int64_t> drop_derived_files(const std::filesystem::path& folder);

// Overwrites every line that has one of the words with blanks, in place, in all *.jsonl files below
// the folder: who writes on does not notice. How many lines.
Result<int64_t> blank_lines(const std::filesystem::path& folder,
                            std::span<const std::string> words);

// Every regular file below the folder.
Result<std::vector<std::filesystem::path>> files_below(const std::filesystem::path& folder);

}  // namespace deepstack
