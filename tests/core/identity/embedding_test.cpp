#include "core/identity/embedding.h"

#include <gtest/gtest.h>

#include "core/identity/half_tokens.h"

namespace deepstack {
namespace {

constexpr FeatureShape kShape{.levels = 2, .rows = 1, .columns = 2, .width = 2};

std::vector<float> values(const Embedding& embedding) {
  std::vector<float> floats(embedding.half.size());
  to_float(embedding.half, floats.data());
  return floats;
}

TEST(Embedding, IsTheMeanTokenOfALevelAtLengthOne) {
  const Feature feature{.tokens = {3, 0, 3, 8, 0, 0, 0, 0}, .gates = {}, .fused = {1, 0, 1, 0}};
  const auto levels = make_embeddings(feature, kShape, Embeddings::kLevels);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[0].level, "0");
  EXPECT_NEAR(values(levels[0])[0], 0.6, 1e-3);
  EXPECT_NEAR(values(levels[0])[1], 0.8, 1e-3);
  EXPECT_EQ(levels[1].level, "1");
  EXPECT_EQ(values(levels[1]), (std::vector<float>{0, 0})) << "nothing there has no direction";
  const auto fused = make_embeddings(feature, kShape, Embeddings::kFused);
  ASSERT_EQ(fused.size(), 1U);
  EXPECT_EQ(fused[0].level, "fused");
  EXPECT_EQ(values(fused[0]), (std::vector<float>{1, 0}));
}

TEST(Embedding, ThereIsNoneThatWasNotAskedForOrNotComputed) {
  const Feature shallow{.tokens = {1, 0, 0, 1}, .gates = {}, .fused = {}};
  EXPECT_TRUE(make_embeddings(shallow, kShape, Embeddings::kNone).empty());
  EXPECT_TRUE(make_embeddings(shallow, kShape, Embeddings::kFused).empty());
  EXPECT_EQ(make_embeddings(shallow, kShape, Embeddings::kLevels).size(), 1U);
}

}  // namespace
}  // namespace deepstack
