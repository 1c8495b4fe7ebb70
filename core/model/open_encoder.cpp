// open_encoder(): one TorchEncoder a model, device and mode for the whole process.
#include <map>
#include <mutex>
#include <tuple>

#include "core/encoder.h"
#include "core/model/torch_encoder.h"

namespace deepstack {
namespace {

using Key = std::tuple<std::string, std::string, std::string, Precision, InferenceRegion, int>;

std::string real_path(const std::filesystem::path& path) {
  std::error_code error;
  return path.empty() ? "" : std::filesystem::weakly_canonical(path, error).string();
}

}  // namespace

Result<std::shared_ptr<Encoder>> open_encoder(const Settings& settings) {
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<Encoder>> open;

  const ModelSource source = model_source(settings);
  const std::lock_guard lock(mutex);
  std::weak_ptr<Encoder>& known =
      open[{real_path(source.folder), real_path(source.head), source.device, source.precision,
            settings.inference_region, settings.batch_size}];
  if (std::shared_ptr<Encoder> shared = known.lock()) return shared;
  auto loaded = TorchEncoder::load(source, settings.inference_region, settings.batch_size);
  if (!loaded.ok()) return loaded.status();
  std::shared_ptr<Encoder> shared = *std::move(loaded);
  known = shared;
  return shared;
}

}  // namespace deepstack
