// Any bytes as a MOTChallenge file: what is read has finite boxes with an area and frames from 1;
// what is refused is refused in one short line.
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <string>

#include "core/proposal/mot_file.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  using test::require;
  static const int kFile = memfd_create("det.txt", 0);
  static const std::string kPath = "/proc/self/fd/" + std::to_string(kFile);
  require(ftruncate(kFile, 0) == 0 && pwrite(kFile, data, bytes, 0) == static_cast<ssize_t>(bytes),
          "the file can be written");
  const auto frames = read_mot_file(kPath);
  if (!frames.ok()) {
    test::require_clear(frames.status(), StatusCode::kCorrupt);
    return 0;
  }
  for (const auto& [number, detections] : *frames) {
    require(number >= 1 && number <= 1'000'000'000, "frames count from 1");
    require(!detections.empty(), "a frame that is named has a box");
    for (const Detection& detection : detections) {
      const Box& box = detection.box;
      require(std::isfinite(box.x) && std::isfinite(box.y), "boxes are finite");
      require(box.width > 0 && box.height > 0, "boxes have an area");
      require(std::isfinite(detection.score), "scores are numbers");
    }
  }
  return 0;
}
