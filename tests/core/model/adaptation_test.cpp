#include "core/model/adaptation.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/encoder.h"
#include "tests/support/painted_views.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

namespace deepstack {
namespace {

using test::painted_views;
using test::TempFolder;

class AdaptationOfTinyModel : public testing::Test {
 protected:
  AdaptationOfTinyModel() { test::TinyModel().write(folder_); }

  ModelSource source() const {
    return {.folder = folder_.path(), .device = "cpu", .precision = Precision::kFp32};
  }
  Result<Adaptation> adapt(const ViewSet& views, AdaptationSettings settings = {}) const {
    return adapt_head(source(), views, settings);
  }

  const TempFolder folder_;
};

TEST_F(AdaptationOfTinyModel, TellsPaintedPeopleApartBetterThanBefore) {
  const Result<Adaptation> adaptation = adapt(painted_views(80, 6), {.steps = 120});
  ASSERT_TRUE(adaptation.ok()) << adaptation.status().message();
  const AdaptationReport& report = adaptation->report;
  EXPECT_EQ(report.tracks, 80U);
  EXPECT_EQ(report.held_out_tracks, 28U);
  EXPECT_EQ(report.views, 480U);
  EXPECT_GT(report.steps, 0);
  EXPECT_LT(report.last_loss, report.first_loss);
  EXPECT_TRUE(report.gained);
  EXPECT_GT(report.gain.auc, report.gain.auc_error);
  EXPECT_GT(report.after[0].auc, report.before[0].auc);
}

TEST_F(AdaptationOfTinyModel, TheHeadThatWasWrittenIsTheOneThatWasTrained) {
  const ViewSet views = painted_views(30, 6);
  const Result<Adaptation> adaptation = adapt(views, {.steps = 20, .name = "doors"});
  ASSERT_TRUE(adaptation.ok()) << adaptation.status().message();
  const TempFolder temp;
  const std::filesystem::path head = temp.path() / "head";
  ASSERT_TRUE(write_head(adaptation->head, head).ok());
  const Result<ModelConfig> config = read_model_config(folder_.path(), head);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "tiny + doors");
  for (size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(config->match.level_bias[l],
              adaptation->head.config["match"]["level_bias"][l].get<float>());
  }
  EXPECT_EQ(config->match.offset, adaptation->head.config["match"]["offset"].get<float>());
  EXPECT_EQ(config->match.mrope_amplitude[0],
            adaptation->head.config["match"]["mrope_amplitude"][0].get<double>());

  Settings settings;
  settings.model = folder_.path();
  settings.device = "cpu";
  settings.precision = Precision::kFp32;
  const Result<std::shared_ptr<Encoder>> plain = open_encoder(settings);
  settings.head = head;
  const Result<std::shared_ptr<Encoder>> adapted = open_encoder(settings);
  ASSERT_TRUE(plain.ok() && adapted.ok()) << adapted.status().message();
  EXPECT_EQ((*adapted)->info().match.scale, config->match.scale);
  const cv::Mat& rgb = views.tracks[0].views[0].rgb;
  const Box whole{0, 0, 16, 32};
  EXPECT_NE((*plain)->encode(rgb, {&whole, 1})->front().tokens,
            (*adapted)->encode(rgb, {&whole, 1})->front().tokens);

  // A head is trained on from where it is: the figures before are those that were after.
  ModelSource again = source();
  again.head = head;
  const Result<Adaptation> second = adapt_head(again, views, {.steps = 1});
  ASSERT_TRUE(second.ok()) << second.status().message();
  for (const bool relit : {false, true}) {
    EXPECT_NEAR(second->report.before[relit].auc, adaptation->report.after[relit].auc, 1e-6);
    EXPECT_NEAR(second->report.before[relit].log_loss, adaptation->report.after[relit].log_loss,
                1e-4);
  }
}

TEST_F(AdaptationOfTinyModel, TheSameSeedGivesTheSameHead) {
  const ViewSet views = painted_views(30, 6);
  const Result<Adaptation> first = adapt(views, {.steps = 20});
  const Result<Adaptation> second = adapt(views, {.steps = 20});
  const Result<Adaptation> other = adapt(views, {.steps = 20, .seed = 2});
  ASSERT_TRUE(first.ok() && second.ok() && other.ok());
  EXPECT_EQ(first->head.config, second->head.config);
  EXPECT_EQ(to_safetensors(first->head.tensors), to_safetensors(second->head.tensors));
  EXPECT_NE(to_safetensors(first->head.tensors), to_safetensors(other->head.tensors));
}

// Pictures of noise: whatever is learnt says nothing of those that were held out.
TEST_F(AdaptationOfTinyModel, NoiseBringsNoGain) {
  ViewSet views = painted_views(40, 6);
  cv::RNG random(3);
  for (TrackViews& track : views.tracks) {
    for (TrackView& view : track.views) random.fill(view.rgb, cv::RNG::UNIFORM, 0, 256);
  }
  const Result<Adaptation> adaptation = adapt(views, {.steps = 20});
  ASSERT_TRUE(adaptation.ok()) << adaptation.status().message();
  EXPECT_LE(adaptation->report.gain.auc, 3 * adaptation->report.gain.auc_error);
  EXPECT_NEAR(adaptation->report.after[0].auc, 0.5, 0.15);
}

TEST_F(AdaptationOfTinyModel, HostileViewsAreLeftOut) {
  ViewSet views = painted_views(30, 7);
  views.tracks[0].views[0].rgb = cv::Mat();
  views.tracks[1].views[0].rgb = cv::Mat(1, 1, CV_8UC3, cv::Scalar(0));
  views.tracks[2].views[0].seconds = std::numeric_limits<double>::quiet_NaN();
  views.tracks[3].views[0].seconds = 1e300;
  const Result<Adaptation> adaptation = adapt(views, {.steps = 20});
  ASSERT_TRUE(adaptation.ok()) << adaptation.status().message();
  EXPECT_EQ(adaptation->report.unusable_views, 3U);
}

TEST_F(AdaptationOfTinyModel, WhatCannotWorkIsSaidInOneLine) {
  EXPECT_EQ(adapt({}).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(adapt(painted_views(30, 6), {.cache_bytes = 1000}).status().code(),
            StatusCode::kUnavailable);
  const Status steps = adapt(painted_views(30, 6), {.steps = 0}).status();
  EXPECT_EQ(steps.code(), StatusCode::kInvalid);
  EXPECT_NE(steps.message().find("steps is 0"), std::string::npos);
  EXPECT_EQ(adapt_head({.folder = "/none"}, painted_views(30, 6), {}).status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack
