#include "pipelines/model_options.h"

#include <map>
#include <string>

#include "pipelines/choice.h"

namespace deepstack {

void add_model_options(CLI::App& command, Settings& settings) {
  command.add_option("--model", settings.model, "model folder; the default model when not given");
  command.add_option("--head", settings.head,
                     "folder of adapters and gate trained for the model; its own when not given");
  static const std::map<std::string, Precision> kPrecisions{{"auto", Precision::kAuto},
                                                            {"fp32", Precision::kFp32},
                                                            {"bf16", Precision::kBf16},
                                                            {"fp16", Precision::kFp16}};
  command.add_option("--precision", settings.precision, "auto, fp32, bf16 or fp16")
      ->transform(choice(kPrecisions))
      ->default_str(settings.precision == Precision::kFp32 ? "fp32" : "auto");
  command.add_option("--device", settings.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str();
  command.add_option("--batch-size", settings.batch_size, "most crops in one pass of the tower")
      ->capture_default_str();
  static const std::map<std::string, InferenceRegion> kRegions{
      {"full-frame", InferenceRegion::kFullFrame}, {"roi-list", InferenceRegion::kRoiList}};
  command.add_option("--inference-region", settings.inference_region, "full-frame or roi-list")
      ->transform(choice(kRegions))
      ->default_str("roi-list");
}

}  // namespace deepstack
