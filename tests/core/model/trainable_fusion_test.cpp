#include "core/model/trainable_fusion.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/identity/appearance.h"
#include "core/model/match_graph.h"
#include "core/model/matcher.h"
#include "core/model/picture_rows.h"
#include "core/model/tap_cache.h"
#include "core/model/torch_encoder.h"
#include "tests/support/painted_views.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

namespace deepstack {
namespace {

class TrainableFusionOfTinyModel : public testing::Test {
 protected:
  void load(const nlohmann::json& changes = {}) {
    test::TinyModel tiny;
    if (!changes.is_null()) tiny.config.merge_patch(changes);
    tiny.write(folder_);
    source_ = {.folder = folder_.path(), .device = "cpu", .precision = Precision::kFp32};
    model_ = *VisionModel::load(source_, false);
    const ViewSet set = test::painted_views(3, 2);
    for (const TrackViews& track : set.tracks) {
      for (const TrackView& view : track.views) pictures_.push_back(view.rgb);
    }
  }
  TapCache cache() const {
    return *TapCache::fill(
        *model_, pictures_.size(), [&](size_t i) { return pictures_[i]; }, 4);
  }
  std::vector<at::Tensor> all_taps() const {
    const std::vector<int64_t> all{0, 1, 2, 3, 4, 5};
    return cache().taps(all);
  }

  const test::TempFolder folder_;
  ModelSource source_;
  std::shared_ptr<const VisionModel> model_;
  std::vector<cv::Mat> pictures_;
};

// What the encoder and make_appearance() say of the same pictures, but for half precision.
void expect_as_encoded(const FusedViews& views, TorchEncoder& encoder,
                       const std::vector<cv::Mat>& pictures) {
  const FeatureShape& shape = encoder.info().shape;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const Box whole{0, 0, static_cast<float>(pictures[i].cols),
                    static_cast<float>(pictures[i].rows)};
    const auto feature = encoder.encode(pictures[i], {&whole, 1});
    ASSERT_TRUE(feature.ok());
    const Appearance expected = make_appearance(feature->front(), shape, 0);
    const auto row = static_cast<int64_t>(i);
    const at::Tensor tokens =
        at::tensor(expected.tokens).view({shape.levels, shape.tokens(), shape.width});
    EXPECT_TRUE(at::allclose(views.levels.select(1, row), tokens, 0, 5e-3));
    EXPECT_TRUE(at::allclose(views.gates[row], at::tensor(expected.gate), 0, 2e-3));
  }
}

TEST_F(TrainableFusionOfTinyModel, SaysWhatTheEncoderSays) {
  load();
  const TrainableFusion fusion(model_->config, model_->fusion);
  const FusedViews views = fusion.forward(all_taps());
  EXPECT_EQ(views.levels.sizes(), (std::vector<int64_t>{2, 6, 8, 6}));
  EXPECT_EQ(views.fused.sizes(), (std::vector<int64_t>{6, 8, 6}));
  expect_as_encoded(views, **TorchEncoder::load(source_, InferenceRegion::kRoiList, 4), pictures_);
}

TEST_F(TrainableFusionOfTinyModel, AlsoOfAModelWithoutAdapters) {
  load({{"projection_size", 0}, {"match", {{"mrope_section", {2, 1, 1}}}}});
  ASSERT_FALSE(model_->fusion.trained());
  const TrainableFusion fusion(model_->config, model_->fusion);
  expect_as_encoded(fusion.forward(all_taps()),
                    **TorchEncoder::load(source_, InferenceRegion::kRoiList, 4), pictures_);
}

TEST_F(TrainableFusionOfTinyModel, EveryParameterButTheOutputHasAGradient) {
  load();
  TrainableFusion fusion(model_->config, model_->fusion);
  const FusedViews views = fusion.forward(all_taps());
  // Lengths are 1: a fixed direction makes every parameter count.
  at::manual_seed(1);
  ((views.levels * at::randn_like(views.levels)).sum() + (views.gates.select(1, 0)).sum() +
   (views.fused * at::randn_like(views.fused)).sum())
      .backward();
  EXPECT_EQ(fusion.trained().size(), 2U * 4 + 2 + 2);
  for (const auto& [name, value] : fusion.parameters()) {
    ASSERT_TRUE(value.grad().defined()) << name;
    EXPECT_GT(value.grad().abs().max().item<float>(), 1e-7F) << name;
  }
}

TEST_F(TrainableFusionOfTinyModel, RestoresWhatWasCopiedAndLeavesTheModelAlone) {
  load();
  TrainableFusion fusion(model_->config, model_->fusion);
  const auto before = fusion.copy();
  const TrainableFusion frozen = fusion.frozen();
  {
    const c10::NoGradGuard no_gradient;
    for (at::Tensor value : fusion.trained()) value.add_(1);
  }
  EXPECT_FALSE(at::equal(fusion.copy().at("gate.weight"), before.at("gate.weight")));
  EXPECT_TRUE(at::equal(frozen.parameters().at("gate.weight"), before.at("gate.weight")));
  EXPECT_TRUE(at::equal(model_->fusion.tensors().at("gate.weight"), before.at("gate.weight")));
  fusion.restore(before);
  for (const auto& [name, value] : fusion.copy()) EXPECT_TRUE(at::equal(value, before.at(name)));
}

TEST_F(TrainableFusionOfTinyModel, TheGraphScoresAsTheMatcherDoes) {
  load();
  MatchParameters match = model_->config.match;
  match.mrope_amplitude = {0.5, 1, 0};
  match.level_bias = {0.3F, 0};
  match.level_gap_slope = {-0.2F, 0};
  const FeatureShape shape{2, 4, 2, 6};
  const Matcher matcher(shape, match);
  const TrainableFusion fusion(model_->config, model_->fusion);
  const FusedViews views = fusion.forward(all_taps());
  const at::Tensor by_view = views.levels.detach().transpose(0, 1).contiguous();
  const std::vector<double> seconds{0, 1, 5, 60, 3600, 7};
  std::vector<MatchSample> samples;
  for (int64_t i = 0; i < 6; ++i) {
    samples.push_back({by_view[i].const_data_ptr<float>(), seconds[static_cast<size_t>(i)]});
  }
  const std::vector<int64_t> offsets{0, 1, 2, 3, 4, 5, 6};
  const std::vector<float> expected = *matcher.similarities(samples, samples, offsets);
  const TokenTurns turns = token_turns(seconds, shape, match);
  std::vector<at::Tensor> levels;
  for (const at::Tensor& tokens : views.levels.unbind(0)) {
    levels.push_back(similarity_matrix(tokens, turns, match.attention_scale).detach());
  }
  const at::Tensor similarities = at::stack(levels, -1);
  EXPECT_TRUE(at::allclose(similarities, at::tensor(expected).view({6, 6, 2}), 0, 1e-4));

  const std::vector<float> weights =
      matcher.level_weights(std::vector<float>{0.2F, 0.8F}, std::vector<float>{0.6F, 0.4F}, 100);
  const at::Tensor combined =
      combine_levels(at::tensor({0.1F, 0.7F}), at::tensor({0.4F, 0.6F}), at::scalar_tensor(100.0),
                     at::tensor(match.level_bias), at::tensor(match.level_gap_slope));
  EXPECT_NEAR(combined.item<float>(), weights[0] * 0.1F + weights[1] * 0.7F, 1e-5F);
}

}  // namespace
}  // namespace deepstack
