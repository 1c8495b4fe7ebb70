// Scripted features: what an encoder would say if looking were easy. A thing's look is the colour
// it is painted in; the same look always gives the same feature, different looks almost unrelated
// ones.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <opencv2/core.hpp>

#include "core/encoder.h"
#include "core/frame/detection.h"
#include "core/identity/appearance.h"
#include "tests/support/first_levels.h"

namespace deepstack::test {

using Look = uint32_t;  // 0xRRGGBB

inline FeatureShape scripted_shape() { return {.levels = 3, .rows = 4, .columns = 2, .width = 32}; }

inline MatchParameters scripted_match() {
  MatchParameters match;
  match.mrope_section = {6, 5, 5};
  match.level_bias = {0, 0, 0};
  match.level_gap_slope = {0, 0, 0};
  return match;
}

// Every token is the look's own direction on that level, and a little of the cell's.
inline Feature feature_of(Look look) {
  const FeatureShape shape = scripted_shape();
  Feature feature;
  std::normal_distribution<float> normal;
  for (int level = 0; level < shape.levels; ++level) {
    std::mt19937 random(look * 8U + static_cast<uint32_t>(level));
    std::vector<float> direction(static_cast<size_t>(shape.width));
    for (float& value : direction) value = normal(random);
    for (int cell = 0; cell < shape.tokens(); ++cell) {
      for (const float value : direction) feature.tokens.push_back(value + 0.2F * normal(random));
    }
  }
  feature.gates.assign(static_cast<size_t>(shape.tokens() * shape.levels),
                       1.0F / static_cast<float>(shape.levels));
  feature.fused.assign(feature.tokens.begin(),
                       feature.tokens.begin() + static_cast<std::ptrdiff_t>(shape.level_size()));
  return feature;
}

inline Appearance appearance_of(Look look, double seconds, int levels = scripted_shape().levels) {
  return make_appearance(first_levels(feature_of(look), scripted_shape(), levels),
                         scripted_shape(), seconds);
}

// Something in a scene: where, what it looks like, and what a detector says of it.
struct Thing {
  Box box;
  Look look = 0;
  float score = 0.9F;
  std::string label = "person";
};

inline std::vector<Detection> detections_of(const std::vector<Thing>& things) {
  std::vector<Detection> detections;
  for (const Thing& thing : things) {
    detections.push_back({.box = thing.box, .score = thing.score, .label = thing.label});
  }
  return detections;
}

// The things painted on black, the later ones in front.
inline cv::Mat paint(const std::vector<Thing>& things, int width, int height) {
  cv::Mat rgb = cv::Mat::zeros(height, width, CV_8UC3);
  for (const Thing& thing : things) {
    const cv::Rect whole(static_cast<int>(thing.box.x), static_cast<int>(thing.box.y),
                         static_cast<int>(thing.box.width), static_cast<int>(thing.box.height));
    rgb(whole & cv::Rect(0, 0, width, height))
        .setTo(cv::Scalar(thing.look >> 16U & 255U, thing.look >> 8U & 255U, thing.look & 255U));
  }
  return rgb;
}

// An Encoder whose features are those of the colour in the middle of the box; it has on-demand
// levels.
class ColorEncoder final : public Encoder {
 public:
  ColorEncoder() {
    info_.name = "colour";
    info_.shape = scripted_shape();
    info_.level_blocks = {1, 2, 3};
    info_.match = scripted_match();
  }

  // From now on encode() returns this; ok: features again.
  void answer(Status status) { status_ = std::move(status); }

  // From now on going on from the first level is answered with this; ok: features again.
  void answer_deeper(Status status) { deeper_status_ = std::move(status); }

  // Boxes of encode_adaptively() that went to the last level, so far.
  size_t full_depth_boxes() const { return full_depth_boxes_; }

  const ModelInfo& info() const override { return info_; }

  Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                      std::span<const Box> boxes) override {
    if (!status_.ok()) return status_;
    const cv::Mat& rgb = frame.rgb;
    std::vector<Feature> features;
    for (const Box& box : boxes) {
      const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
      const auto& pixel = rgb.at<cv::Vec3b>(static_cast<int>(inside.y + inside.height / 2),
                                            static_cast<int>(inside.x + inside.width / 2));
      features.push_back(feature_of(Look{pixel[0]} << 16U | Look{pixel[1]} << 8U | pixel[2]));
    }
    return features;
  }

  Result<std::vector<Feature>> encode_adaptively(const EncoderFrame& frame,
                                                 std::span<const Box> boxes,
                                                 const GoDeeper& go_deeper) override {
    const Result<std::vector<Feature>> full = encode(frame, boxes);
    if (!full.ok()) return full;
    Result<std::vector<Feature>> features =
        as_deep_as_needed(*full, info_.shape, go_deeper, deeper_status_);
    if (!features.ok()) return features;
    for (const Feature& feature : *features) {
      full_depth_boxes_ += feature.levels(info_.shape) == info_.shape.levels ? 1 : 0;
    }
    return features;
  }

 private:
  ModelInfo info_;
  Status status_;
  Status deeper_status_;
  size_t full_depth_boxes_ = 0;
};

}  // namespace deepstack::test
