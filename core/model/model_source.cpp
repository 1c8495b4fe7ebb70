#include "core/model/model_source.h"

#include <dlfcn.h>

#include <cstdlib>
#include <system_error>

namespace deepstack {
namespace {

// Where the default model is: $DEEPSTACK_MODEL, beside an installed library, or in the source tree
// that this library was built from.
std::filesystem::path default_model() {
  if (const char* chosen = std::getenv("DEEPSTACK_MODEL"); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  Dl_info self{};
  dladdr(reinterpret_cast<const void*>(&default_model), &self);
  const auto installed =
      std::filesystem::path(self.dli_fname).parent_path() / "../share/gst-deepstack/model";
  std::error_code error;
  return std::filesystem::is_directory(installed, error) ? installed : DEEPSTACK_DEFAULT_MODEL;
}

}  // namespace

ModelSource model_source(const Settings& settings) {
  return {
      .folder = settings.model.empty() ? default_model() : std::filesystem::path(settings.model),
      .head = settings.head,
      .device = settings.device,
      .precision = settings.precision};
}

}  // namespace deepstack
