#include "pipelines/serve/assets.h"

namespace deepstack {
namespace {

// Made by CMake: one entry a file of pages/; the shell comes first.
constexpr Asset kAssets[] = {
#include "serve_assets.inc"
};

}  // namespace

std::span<const Asset> assets() { return kAssets; }

const Asset& shell() { return kAssets[0]; }

}  // namespace deepstack
