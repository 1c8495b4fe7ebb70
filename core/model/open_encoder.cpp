// open_encoder(): one TorchEncoder a model, device and mode for the whole process.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>

#include <dlfcn.h>

#include "core/encoder.h"
#include "core/model/torch_encoder.h"

namespace deepstack {
namespace {

using Key = std::tuple<std::string, std::string, InferenceRegion, int>;

// settings.model, or where the default model is: $DEEPSTACK_MODEL, beside an installed library, or in
// the source tree that this library was built from.
std::filesystem::path model_folder(const Settings& settings) {
  if (!settings.model.empty()) return settings.model;
  if (const char* chosen = std::getenv("DEEPSTACK_MODEL"); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  Dl_info self{};
  dladdr(reinterpret_cast<const void*>(&model_folder), &self);
  const auto installed =
      std::filesystem::path(self.dli_fname).parent_path() / "../share/gst-deepstack/model";
  std::error_code error;
  return std::filesystem::is_directory(installed, error) ? installed : DEEPSTACK_DEFAULT_MODEL;
}

}  // namespace

Result<std::shared_ptr<Encoder>> open_encoder(const Settings& settings) {
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<Encoder>> open;

  const std::filesystem::path folder = model_folder(settings);
  std::error_code error;
  const std::string real = std::filesystem::weakly_canonical(folder, error).string();
  const std::lock_guard lock(mutex);
  std::weak_ptr<Encoder>& known =
      open[{real, settings.device, settings.inference_region, settings.batch_size}];
  if (std::shared_ptr<Encoder> shared = known.lock()) return shared;
  auto loaded = TorchEncoder::load(folder, settings.device, settings.inference_region,
                                   settings.batch_size);
  if (!loaded.ok()) return loaded.status();
  std::shared_ptr<Encoder> shared = *std::move(loaded);
  known = shared;
  return shared;
}

}  // namespace deepstack
