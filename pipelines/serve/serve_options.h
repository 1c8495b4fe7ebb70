// What `deepstack serve` was told.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/settings.h"

namespace deepstack {

struct ServeOptions {
  std::filesystem::path store;
  std::string host = "127.0.0.1";
  int port = 8080;                   // 0: any
  std::filesystem::path token_file;  // empty: none
  std::filesystem::path events;      // empty: none
  std::vector<std::string> names;    // by which a proxy calls us
  std::string version;               // of this program
  Settings settings;                 // the model to search with
};

}  // namespace deepstack
