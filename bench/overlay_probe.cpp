// What it costs to draw 20 people into 1080p on one core: core::Overlay in place, beside OpenCV's
// rectangle() and putText() of the same boxes and words in the same run, on RGB and, as a user
// would have to, on NV12 by way of RGB. Prints milliseconds of CPU time and ratios; asserts
// nothing.
//
//   build/release/bench/overlay_probe [FRAMES]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <opencv2/core/utility.hpp>
#include <string>
#include <vector>

#include "core/overlay/overlay.h"
#include "tests/support/drawable.h"

namespace {

using deepstack::Canvas;
using deepstack::Overlay;
using deepstack::OverlayObject;

constexpr int kWidth = 1920;
constexpr int kHeight = 1080;

std::vector<OverlayObject> people(int frame) {
  std::vector<OverlayObject> objects(20);
  for (int i = 0; i < 20; ++i) {
    OverlayObject& object = objects[static_cast<size_t>(i)];
    object.box = {static_cast<float>(30 + i % 10 * 185 + frame % 40),
                  static_cast<float>(60 + i / 10 * 480), 130, 400};
    object.track_id = i;
    object.identity = std::to_string(10'000'000 + 7919 * i) + "-b865-4038-840c-67f81b266b83";
    object.score = 0.9F;
    object.age_ns = 100'000'000;
  }
  return objects;
}

// The same boxes and words without tags, casing or places.
void draw_with_opencv(cv::Mat& rgb, const std::vector<OverlayObject>& objects) {
  for (const OverlayObject& object : objects) {
    const cv::Rect box(static_cast<int>(object.box.x), static_cast<int>(object.box.y),
                       static_cast<int>(object.box.width), static_cast<int>(object.box.height));
    cv::rectangle(rgb, box, cv::Scalar(0, 120, 192), 4);
    cv::putText(rgb, object.identity.substr(0, 8) + " #1 90% 0.1s", box.tl(),
                cv::FONT_HERSHEY_SIMPLEX, 18 / 21.0, cv::Scalar(255, 255, 255), 2, cv::LINE_AA);
  }
}

// Of this thread: what else runs on the machine does not count.
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double median_ms(int frames, const std::function<void(int)>& draw) {
  std::vector<double> times_ms;
  for (int frame = -5; frame < frames; ++frame) {
    const double begin_ms = cpu_ms();
    draw(frame + 5);
    const double taken_ms = cpu_ms() - begin_ms;
    if (frame >= 0) times_ms.push_back(taken_ms);
  }
  std::nth_element(times_ms.begin(), times_ms.begin() + frames / 2, times_ms.end());
  return times_ms[static_cast<size_t>(frames) / 2];
}

void print(const char* format, double ours_ms, double opencv_ms) {
  std::printf("%-5s ours %6.3f ms   OpenCV %6.3f ms   ratio %.2f\n", format, ours_ms, opencv_ms,
              opencv_ms / ours_ms);
}

}  // namespace

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  const int frames = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  cv::Mat rgb = deepstack::test::rgb_background(kWidth, kHeight);
  cv::Mat nv12 = deepstack::test::to_nv12(rgb);
  Canvas rgb_canvas = deepstack::test::rgb_canvas(rgb);
  Canvas nv12_canvas = deepstack::test::nv12_canvas(nv12);
  Overlay overlay;
  const auto ours = [&](Canvas& canvas) {
    return median_ms(frames, [&](int frame) { overlay.draw(canvas, people(frame), {}); });
  };
  print("RGB", ours(rgb_canvas),
        median_ms(frames, [&](int frame) { draw_with_opencv(rgb, people(frame)); }));
  const double ours_nv12_ms = ours(nv12_canvas);
  print("NV12", ours_nv12_ms, median_ms(frames, [&](int frame) {
          cv::Mat converted = deepstack::test::to_rgb(nv12);
          draw_with_opencv(converted, people(frame));
          nv12 = deepstack::test::to_nv12(converted);
        }));
  return 0;
}
