// One side of bench/tower.py: loads a model, then runs it once for every line on stdin and prints
// how long tower, mergers and fusion took, in seconds. `tower_probe MODEL PRECISION THREADS ROWS
// COLUMNS [SEED]`
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include <ATen/Parallel.h>

#include "core/model/vision_model.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

deepstack::Precision precision_of(const std::string& name) {
  if (name == "fp32") return deepstack::Precision::kFp32;
  if (name == "bf16") return deepstack::Precision::kBf16;
  return name == "fp16" ? deepstack::Precision::kFp16 : deepstack::Precision::kAuto;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace deepstack;
  if (argc < 6) {
    std::fprintf(stderr, "usage: tower_probe MODEL PRECISION THREADS ROWS COLUMNS [SEED]\n");
    return 2;
  }
  at::set_num_threads(std::atoi(argv[3]));
  ModelSource source{.folder = argv[1], .device = "cpu", .precision = precision_of(argv[2])};
  if (argc > 6) source.random_weights = std::strtoull(argv[6], nullptr, 10);
  const Clock::time_point loading = Clock::now();
  const auto loaded = VisionModel::load(source, /*with_mergers=*/true);
  if (!loaded.ok()) {
    std::fprintf(stderr, "tower_probe: %s\n", loaded.status().message().c_str());
    return 1;
  }
  const VisionModel& model = **loaded;
  std::printf("%.3f\n", seconds_since(loading));
  std::fflush(stdout);
  const Grid grids[] = {{1, std::atoll(argv[4]), std::atoll(argv[5])}};
  const TowerConfig& config = model.config.tower;
  const at::Tensor rows = at::randn(
      {grids[0].tokens(), 3L * config.temporal_patch * config.patch_size * config.patch_size});
  for (std::string line; std::getline(std::cin, line);) {
    const c10::InferenceMode inference;
    const Clock::time_point start = Clock::now();
    const TowerOutput out = model.tower.forward(rows, grids, true);
    const double tower = seconds_since(start);
    const Clock::time_point merging = Clock::now();
    if (model.mergers.present()) {
      model.mergers.merge(out.last);
      for (size_t l = 0; l < model.mergers.levels(); ++l) model.mergers.merge_tap(l, out.taps[l]);
    }
    const double mergers = seconds_since(merging);
    const Clock::time_point fusing = Clock::now();
    const FusedLevels fused = model.fusion.forward(out.taps);
    std::printf("%.6f %.6f %.6f\n", tower, mergers, seconds_since(fusing));
    std::fflush(stdout);
  }
}
