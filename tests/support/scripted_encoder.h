// ScriptedEncoder: an Encoder without a model. It is as slow as the test wants (hold and release),
// fails on command, and remembers what it was given. Its features depend on the box alone, so that
// a thing that stands still looks the same in every frame. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core/mat.hpp>

#include "core/encoder.h"
#include "tests/support/first_levels.h"

namespace deepstack::test {

class ScriptedEncoder final : public Encoder {
 public:
  struct Call {
    int width;
    int height;
    cv::Vec3b first_pixel;  // R, G, B
    std::vector<Box> boxes;
    bool paired;               // with a frame before it
    cv::Vec3b previous_pixel;  // of that
  };

  ScriptedEncoder() {
    info_.name = "scripted";
    info_.shape = {.levels = 3, .rows = 4, .columns = 2, .width = 8};
    info_.level_blocks = {1, 2, 3};
    info_.match.mrope_section = {2, 1, 1};
    info_.match.level_bias = {0, 0, 0};
    info_.match.level_gap_slope = {0, 0, 0};
  }

  // As a model whose patches reach over two frames. Before the encoder is used.
  void look_back() { info_.looks_back = true; }

  // From now on encode() does not return until release().
  void hold() {
    const std::lock_guard guard(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard guard(mutex_);
    held_ = false;
    time_ = {};
    changed_.notify_all();
  }

  // From now on encode() takes this long, or until release().
  void take(std::chrono::milliseconds time) {
    const std::lock_guard guard(mutex_);
    time_ = time;
  }

  // Calls are not remembered from now on: for tests that look at memory.
  void forget_calls() {
    const std::lock_guard guard(mutex_);
    remembers_ = false;
    calls_ = {};
  }

  // From now on encode() returns this; ok: features again.
  void answer(Status status) {
    const std::lock_guard guard(mutex_);
    status_ = std::move(status);
  }

  // Waits until encode() has been entered this often; a failure of the test when it is not.
  void wait_for_calls(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return entered_ >= count; }))
        << "the model was called " << entered_ << " times, not " << count;
  }

  std::vector<Call> calls() const {
    const std::lock_guard guard(mutex_);
    return calls_;
  }

  const ModelInfo& info() const override { return info_; }

  Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                      std::span<const Box> boxes) override {
    std::unique_lock lock(mutex_);
    const auto first_pixel = [](const cv::Mat& rgb) {
      return rgb.empty() ? cv::Vec3b() : rgb.at<cv::Vec3b>(0, 0);
    };
    ++entered_;
    if (remembers_) {
      calls_.push_back({frame.rgb.cols, frame.rgb.rows, first_pixel(frame.rgb),
                        std::vector<Box>(boxes.begin(), boxes.end()), !frame.previous.empty(),
                        first_pixel(frame.previous)});
    }
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    if (time_.count() > 0) changed_.wait_for(lock, time_, [&] { return time_.count() == 0; });
    if (!status_.ok()) return status_;
    std::vector<Feature> features;
    for (const Box& box : boxes) features.push_back(feature_of(box));
    return features;
  }

  Result<std::vector<Feature>> encode_adaptively(const EncoderFrame& frame,
                                                 std::span<const Box> boxes,
                                                 const GoDeeper& go_deeper) override {
    const Result<std::vector<Feature>> full = encode(frame, boxes);
    return full.ok() ? as_deep_as_needed(*full, info_.shape, go_deeper) : full;
  }

 private:
  Feature feature_of(const Box& box) const {
    const FeatureShape& shape = info_.shape;
    const auto levels = static_cast<size_t>(shape.levels);
    const auto tokens = static_cast<size_t>(shape.tokens());
    // A linear congruential sequence, begun by where the box is.
    auto state = static_cast<uint32_t>(box.x) * 2654435761U + static_cast<uint32_t>(box.y) + 1U;
    const auto next = [&state] {
      state = state * 1664525U + 1013904223U;
      return static_cast<float>(state >> 8U) / static_cast<float>(1U << 23U) - 1;
    };
    Feature feature;
    for (size_t i = 0; i < shape.tokens_size(); ++i) feature.tokens.push_back(next());
    feature.gates.assign(tokens * levels, 1 / static_cast<float>(levels));
    feature.fused.assign(feature.tokens.begin(),
                         feature.tokens.begin() + static_cast<std::ptrdiff_t>(shape.level_size()));
    return feature;
  }

  ModelInfo info_;
  mutable std::mutex mutex_;  // everything below
  std::condition_variable changed_;
  std::vector<Call> calls_;
  Status status_;
  size_t entered_ = 0;
  bool remembers_ = true;
  bool held_ = false;
  std::chrono::milliseconds time_{};
};

}  // namespace deepstack::test
