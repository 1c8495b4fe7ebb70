#include "core/model/vision_model.h"

#include "core/model/device.h"
#include "core/model/precision.h"

namespace deepstack {
namespace {

// What stands before the tower's names: checkpoints of the whole model, of older tools, or of the
// tower alone.
std::string tensor_prefix(const WeightFiles& files) {
  for (const char* prefix : {"model.visual.", "visual."}) {
    if (files.has_prefix(prefix)) return prefix;
  }
  return "";
}

}  // namespace

Status VisionModel::read(const ModelSource& source, bool with_mergers) {
  const auto read_parts = [&](WeightReader& reader, WeightReader& head_reader) {
    tower = VisionTower::load(config.tower, reader, device, type);
    if (with_mergers) mergers = PatchMergers::load(config, reader, device, type);
    if (reader.status().ok()) {
      fusion = DeepStackFusion::load(config, head_reader, device, type);
    }
    return reader.status().ok() ? head_reader.status() : reader.status();
  };
  if (source.random_weights) {
    WeightReader reader = WeightReader::random(*source.random_weights);
    return read_parts(reader, reader);
  }
  Result<WeightFiles> files = WeightFiles::open(source.folder);
  if (!files.ok()) return files.status();
  Result<std::string> digest = files->sha256();
  if (!digest.ok()) return digest.status();
  sha256 = *std::move(digest);
  WeightReader reader(*files, tensor_prefix(*files));
  if (config.head.empty()) return read_parts(reader, reader);
  Result<WeightFiles> head_files = WeightFiles::open(config.head);
  if (!head_files.ok()) return head_files.status();
  WeightReader head_reader(*head_files);
  return read_parts(reader, head_reader);
}

Result<std::shared_ptr<const VisionModel>> VisionModel::load(const ModelSource& source,
                                                             bool with_mergers) {
  Result<ModelConfig> config = read_model_config(source.folder, source.head);
  if (!config.ok()) return config.status();
  try {
    const c10::InferenceMode inference;
    Result<at::Device> device = open_device(source.device);
    if (!device.ok()) return device.status();
    auto model = std::make_shared<VisionModel>();
    model->config = *std::move(config);
    model->device = *device;
    model->type = choose_precision(source.precision, *device);
    if (Status status = model->read(source, with_mergers); !status.ok()) return status;
    return std::shared_ptr<const VisionModel>(std::move(model));
  } catch (const std::exception& error) {
    return Status(StatusCode::kExhausted,
                  source.folder.string() + ": loading failed: " + error.what());
  }
}

}  // namespace deepstack
