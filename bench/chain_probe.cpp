// What `deepstack` adds to the video on its way, beside `identity` in the same run: the time that a
// push takes, with a model that needs two seconds for a frame. Prints microseconds; asserts
// nothing.
//
//   build/release/bench/chain_probe [BUFFERS]
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "gst-plugin/deepstack_element.h"

namespace {

using deepstack::Box;
using deepstack::EncoderFrame;
using deepstack::Feature;
using deepstack::ModelInfo;
using deepstack::Result;

class TwoSecondModel final : public deepstack::Encoder {
 public:
  TwoSecondModel() {
    info_.shape = {.levels = 1, .rows = 1, .columns = 1, .width = 8};
    info_.level_blocks = {1};
    info_.match.mrope_section = {2, 1, 1};
    info_.match.level_bias = {0};
    info_.match.level_gap_slope = {0};
  }
  const ModelInfo& info() const override { return info_; }
  Result<std::vector<Feature>> encode(const EncoderFrame&, std::span<const Box> boxes) override {
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, std::chrono::seconds(2));
    Feature feature;
    feature.tokens.assign(info_.shape.tokens_size(), 1);
    feature.gates = {1};
    feature.fused.assign(info_.shape.level_size(), 1);
    return std::vector<Feature>(boxes.size(), feature);
  }

 private:
  ModelInfo info_;
  std::mutex mutex_;
  std::condition_variable never_;
};

GstBuffer* frame(const GstVideoInfo& info, int number) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(buffer, 0, 0, GST_VIDEO_INFO_SIZE(&info));
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(number) * 33 * GST_MSECOND;
  gst_buffer_add_video_region_of_interest_meta(buffer, "person", 10, 10, 100, 200);
  return buffer;
}

double push_us(GstHarness* harness, GstBuffer* buffer) {
  const auto begin = std::chrono::steady_clock::now();
  gst_harness_push(harness, buffer);
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
  gst_buffer_unref(gst_harness_pull(harness));
  return taken.count();
}

void print(const char* name, std::vector<double>& times_us) {
  std::sort(times_us.begin(), times_us.end());
  const auto at = [&](double share) {
    return times_us[static_cast<size_t>(share * static_cast<double>(times_us.size() - 1))];
  };
  std::printf("%-10s p50 %7.1f us   p99 %7.1f us   most %7.1f us\n", name, at(0.5), at(0.99),
              at(1));
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GST_ELEMENT_REGISTER(deepstack, nullptr);
  const int buffers = argc > 1 ? std::atoi(argv[1]) : 3000;
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 1920, 1080);

  GstElement* element = gst_element_factory_make("deepstack", nullptr);
  gst_deepstack_set_encoder(GST_DEEPSTACK(element), std::make_shared<TwoSecondModel>());
  GstHarness* ours = gst_harness_new_with_element(element, "sink", "src");
  GstHarness* plain = gst_harness_new("identity");
  std::vector<double> ours_us;
  std::vector<double> plain_us;
  for (GstHarness* harness : {ours, plain}) {
    gst_harness_set_live(harness, TRUE);
    gst_harness_set_src_caps(harness, gst_video_info_to_caps(&info));
  }
  for (int number = 0; number < buffers; ++number) {
    plain_us.push_back(push_us(plain, frame(info, number)));
    ours_us.push_back(push_us(ours, frame(info, number)));
  }
  print("identity", plain_us);
  print("deepstack", ours_us);
  gst_harness_teardown(plain);
  gst_harness_teardown(ours);
  gst_object_unref(element);
  return 0;
}
