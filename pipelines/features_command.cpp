// deepstack features: what a model says of pixel values or of a picture, stage by stage, as
// safetensors; with --mrope the language model's position ids and angles.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/model/feature_extractor.h"
#include "core/model/rope_tensors.h"
#include "core/time/clip_sampling.h"
#include "pipelines/command.h"
#include "pipelines/media/output_file.h"
#include "pipelines/media/video_reader.h"
#include "pipelines/model_options.h"

namespace deepstack {
namespace {

struct FeaturesOptions {
  std::string input;
  std::string image;
  std::string video;
  std::string output;
  std::optional<double> fps;
  bool mrope = false;
  std::optional<uint64_t> random_weights;
  Settings settings;

  const std::string& file() const {
    return !input.empty() ? input : !image.empty() ? image : video;
  }
};

Status in_file(const std::string& path, const Status& status) {
  return status.ok() ? status : Status(status.code(), path + ": " + status.message());
}

// The tensors of the input file that a run reads: those there are of pixel_values, grid_thw and
// what position ids are made of.
Result<HostTensors> read_input(const std::string& path) {
  Result<Safetensors> file = Safetensors::open(path);
  if (!file.ok()) return file.status();
  HostTensors tensors;
  std::vector<std::string> names{"pixel_values"};
  names.insert(names.end(), std::begin(kRopeInputs), std::end(kRopeInputs));
  for (const std::string& name : names) {
    if (!file->entries().contains(name)) continue;
    Result<HostTensor> tensor = read_tensor(*file, name);
    if (!tensor.ok()) return tensor.status();
    tensors[name] = *std::move(tensor);
  }
  return tensors;
}

Result<HostTensors> read_image(const std::string& path, FeatureExtractor& extractor) {
  cv::Mat picture = cv::imread(path, cv::IMREAD_COLOR);
  if (picture.empty()) return corrupt(path + ": is no picture that can be decoded");
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  Result<HostTensors> made = extractor.preprocess({&picture, 1});
  if (!made.ok()) return in_file(path, made.status());
  return made;
}

// A clip of the video's frames as Qwen3-VL samples them. The video is decoded twice: only the
// sampled frames are kept.
Result<HostTensors> read_video(const FeaturesOptions& options, FeatureExtractor& extractor) {
  int64_t total = 0;
  double fps = 0;
  std::vector<int64_t> wanted;
  std::vector<cv::Mat> frames;
  const ClipConfig& clip = extractor.config().clip;
  for (const bool counting : {true, false}) {
    Result<VideoReader> video =
        VideoReader::open(options.video, {.fps = options.fps, .timestamps = {}});
    if (!video.ok()) return video.status();
    fps = video->fps();
    while (true) {
      Result<std::optional<VideoFrame>> frame = video->next();
      if (!frame.ok()) return frame.status();
      if (!*frame) break;
      if (counting) {
        ++total;
      } else if (std::ranges::binary_search(wanted, (*frame)->number - 1)) {
        frames.push_back((*frame)->rgb);
      }
    }
    Result<std::vector<int64_t>> sampled =
        sample_frames(total, fps, {clip.fps, clip.min_frames, clip.max_frames});
    if (!sampled.ok()) return in_file(options.video, sampled.status());
    wanted = *std::move(sampled);
  }
  Result<HostTensors> made = extractor.preprocess(frames);
  if (!made.ok()) return in_file(options.video, made.status());
  const Result<std::vector<double>> times = pair_times_s(wanted, fps);
  if (!times.ok()) return in_file(options.video, times.status());
  (*made)["timestamps"] =
      make_host_tensor<double>(TensorType::kF64, {static_cast<int64_t>(times->size())}, *times);
  return made;
}

// Runs the model on `tensors` and adds what it says to `out`.
Status add_features(const FeaturesOptions& options, FeatureExtractor& extractor,
                    const HostTensors& tensors, HostTensors& out) {
  for (const char* needed : {"pixel_values", "grid_thw"}) {
    if (!tensors.contains(needed)) return not_found(std::string("has no tensor ") + needed);
  }
  Result<std::vector<Grid>> grids = to_grids(tensors.at("grid_thw"));
  if (!grids.ok()) return grids.status();
  const auto started = std::chrono::steady_clock::now();
  Result<HostTensors> features = extractor.extract(tensors.at("pixel_values"), *grids);
  if (!features.ok()) return features.status();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  std::fprintf(stderr, "%s: %lld tokens in %.3f s (%s)\n", extractor.config().name.c_str(),
               static_cast<long long>(features->at("last_hidden_state").shape[0]), taken.count(),
               extractor.precision());
  if (options.input.empty()) out.insert(tensors.begin(), tensors.end());
  out.merge(*features);
  return {};
}

Status run(const FeaturesOptions& options) {
  if (Status status = options.settings.validate(); !status.ok()) return status;
  const int given = !options.input.empty() + !options.image.empty() + !options.video.empty();
  if (given != 1) return invalid("features needs one of --input, --image and --video");
  ModelSource source = model_source(options.settings);
  source.random_weights = options.random_weights;

  HostTensors tensors;
  if (!options.input.empty()) {
    Result<HostTensors> read = read_input(options.input);
    if (!read.ok()) return read.status();
    tensors = *std::move(read);
  }
  HostTensors out;
  // Position ids need no weights: a file without pixel values asks for nothing else.
  if (!options.mrope || options.input.empty() || tensors.contains("pixel_values")) {
    Result<std::unique_ptr<FeatureExtractor>> extractor = FeatureExtractor::open(source);
    if (!extractor.ok()) return extractor.status();
    if (options.input.empty()) {
      Result<HostTensors> made = options.image.empty() ? read_video(options, **extractor)
                                                       : read_image(options.image, **extractor);
      if (!made.ok()) return made.status();
      tensors = *std::move(made);
    }
    const Status status = add_features(options, **extractor, tensors, out);
    if (!status.ok()) return in_file(options.file(), status);
  }
  if (options.mrope) {
    Result<ModelConfig> config = read_model_config(source.folder, source.head);
    if (!config.ok()) return config.status();
    Result<HostTensors> rope = rope_tensors(*config, tensors);
    if (!rope.ok()) return in_file(options.file(), rope.status());
    out.merge(*rope);
  }
  return write_output(options.output, to_safetensors(out));
}

}  // namespace

Command add_features_command(CLI::App& app) {
  auto options = std::make_shared<FeaturesOptions>();
  CLI::App* command = app.add_subcommand(
      "features", "Write what a model says of pixel values or of a picture, stage by stage");
  command->add_option("--input", options->input,
                      "safetensors with pixel_values [N, C*tp*P*P] and grid_thw [K, 3]");
  command->add_option("--image", options->image,
                      "a picture instead; pixel_values and grid_thw are "
                      "written too");
  command->add_option("--video", options->video,
                      "a video or a folder of pictures instead, sampled as the model's processor "
                      "does; timestamps are written too");
  command->add_option("--fps", options->fps, "frames a second of the video, instead of its own");
  command->add_flag(
      "--mrope", options->mrope,
      "write position_ids, rope_deltas, angles, cos and sin of the language model: of "
      "input_ids (with image_grid_thw, video_grid_thw, mm_token_type_ids, "
      "attention_mask), of positions [N, 3], or of grid_thw");
  command->add_option("--output", options->output, "safetensors to write, - for stdout")
      ->required();
  command->add_option("--random-weights", options->random_weights,
                      "read the configs only and draw the weights from this seed");
  // What people compare with must be exact, however long it takes.
  options->settings.precision = Precision::kFp32;
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
