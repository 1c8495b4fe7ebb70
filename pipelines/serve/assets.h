// The pages' files, which are part of the program.
#pragma once

#include <span>
#include <string_view>

namespace deepstack {

struct Asset {
  std::string_view path;  // "/assets/app.js"
  std::string_view type;  // MIME
  std::string_view text;
};

std::span<const Asset> assets();

// The page itself, which every address of a screen gives.
const Asset& shell();

}  // namespace deepstack
