#include "core/model/mrope_positions.h"

#include <gtest/gtest.h>

#include <string>

namespace deepstack {
namespace {

using Axis = std::vector<int64_t>;

constexpr int64_t kStart = 151652;
constexpr int64_t kEnd = 151653;
constexpr VisualTokenIds kVisual{};

// Token ids from a sketch: t text, [ start, ] end, p picture, c clip.
std::vector<Modality> tokens(const std::string& sketch) {
  std::vector<int64_t> ids;
  for (const char letter : sketch) {
    ids.push_back(letter == '['   ? kStart
                  : letter == ']' ? kEnd
                  : letter == 'p' ? kVisual.picture
                  : letter == 'c' ? kVisual.clip
                                  : 42);
  }
  return modalities_of(ids);
}

MropePositions positions(const MropeSequence& sequence) {
  const Result<MropePositions> result = mrope_positions(sequence);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : MropePositions{};
}

std::string refusal(const MropeSequence& sequence) {
  const Result<MropePositions> result = mrope_positions(sequence);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalid);
  return result.status().message();
}

TEST(MropePositions, TheWorkedExampleOfTwoPictures) {
  const auto sequence = tokens("ttt[pppppp]t[pppppppppp]");
  const Grid pictures[] = {{1, 4, 6}, {1, 10, 4}};
  const MropePositions ids = positions({.tokens = sequence, .pictures = pictures});
  EXPECT_EQ(ids.axes[0], (Axis{0, 1,  2,  3,  4,  4,  4,  4,  4,  4,  7,  8,
                               9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 15}));
  EXPECT_EQ(ids.axes[1], (Axis{0, 1,  2,  3,  4,  4,  4,  5,  5,  5,  7,  8,
                               9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15}));
  EXPECT_EQ(ids.axes[2], (Axis{0, 1,  2,  3,  4,  5,  6,  4,  5,  6,  7,  8,
                               9, 10, 11, 10, 11, 10, 11, 10, 11, 10, 11, 15}));
  EXPECT_EQ(ids.delta, 16 - 24);
}

TEST(MropePositions, TextAloneIsCountedOnAllAxes) {
  const auto sequence = tokens("ttttt");
  const MropePositions ids = positions({.tokens = sequence});
  for (const Axis& axis : ids.axes) EXPECT_EQ(axis, (Axis{0, 1, 2, 3, 4}));
  EXPECT_EQ(ids.delta, 0);
  EXPECT_EQ(positions({}).delta, 0) << "nothing at all";
}

TEST(MropePositions, AClipIsAPictureEachFrameAndItsTimeIsInTheText) {
  const auto sequence = tokens("t[cc]tt[cc]t");
  const Grid clip[] = {{2, 2, 4}};
  const MropePositions ids = positions({.tokens = sequence, .clips = clip});
  EXPECT_EQ(ids.axes[0], (Axis{0, 1, 2, 2, 4, 5, 6, 7, 8, 8, 10, 11}));
  EXPECT_EQ(ids.axes[1], (Axis{0, 1, 2, 2, 4, 5, 6, 7, 8, 8, 10, 11}));
  EXPECT_EQ(ids.axes[2], (Axis{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  // The same tokens as two pictures.
  const auto as_pictures = tokens("t[pp]tt[pp]t");
  const Grid pictures[] = {{1, 2, 4}, {1, 2, 4}};
  EXPECT_EQ(positions({.tokens = as_pictures, .pictures = pictures}).axes, ids.axes);
}

TEST(MropePositions, PicturesAndClipsKeepTheirOwnOrder) {
  const auto sequence = tokens("[c][pp][c]");
  const Grid pictures[] = {{1, 2, 4}};
  const Grid clips[] = {{1, 2, 2}, {1, 2, 2}};
  const MropePositions ids = positions({.tokens = sequence, .pictures = pictures, .clips = clips});
  EXPECT_EQ(ids.axes[2], (Axis{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(ids.axes[0], (Axis{0, 1, 2, 3, 4, 4, 6, 7, 8, 9}));
}

TEST(MropePositions, PaddingHasNoPositionAndDoesNotCount) {
  const auto padded = tokens("tttt[pp]t");
  const auto bare = tokens("tt[pp]t");
  const std::vector<uint8_t> attention{0, 0, 1, 1, 1, 1, 1, 1, 1};
  const Grid pictures[] = {{1, 4, 2}};
  const MropePositions ids =
      positions({.tokens = padded, .pictures = pictures, .attention = attention});
  const MropePositions expected = positions({.tokens = bare, .pictures = pictures});
  for (size_t axis = 0; axis < 3; ++axis) {
    Axis with_padding{0, 0};
    with_padding.insert(with_padding.end(), expected.axes[axis].begin(), expected.axes[axis].end());
    EXPECT_EQ(ids.axes[axis], with_padding);
  }
  EXPECT_EQ(ids.delta, expected.delta);
  const std::vector<uint8_t> nothing(9, 0);
  EXPECT_EQ(positions({.tokens = padded, .attention = nothing}).axes[0], Axis(9, 0));
}

TEST(MropePositions, GridsAloneFollowOneAnother) {
  const Grid grids[] = {{1, 2, 6}, {2, 4, 2}};
  const Result<MropePositions> ids = mrope_positions(grids);
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(ids->axes[0], (Axis{0, 0, 0, 3, 3, 5, 5}));
  EXPECT_EQ(ids->axes[1], (Axis{0, 0, 0, 3, 4, 5, 6}));
  EXPECT_EQ(ids->axes[2], (Axis{0, 1, 2, 3, 3, 5, 5}));
  EXPECT_EQ(ids->delta, 0);
  const Grid fine[] = {{1, 2, 3}};
  EXPECT_EQ(mrope_positions(fine, 1)->axes[2], (Axis{0, 1, 2, 0, 1, 2}));
}

TEST(MropePositions, WhatDoesNotFitIsNamed) {
  const auto sequence = tokens("t[pp]t[pp]");
  const Grid one[] = {{1, 2, 4}};
  const Grid two[] = {{1, 2, 4}, {1, 2, 4}};
  const Grid three[] = {{1, 2, 4}, {1, 2, 4}, {1, 2, 2}};
  const Grid large[] = {{1, 2, 4}, {1, 4, 4}};
  EXPECT_TRUE(mrope_positions({.tokens = sequence, .pictures = two}).ok());
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = one}),
            "token 7 is of a picture, beyond the 1 whose grids are given");
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = three}),
            "the sequence has no tokens of picture 3 of 3");
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = large}),
            "picture 2 of 2 has 4 tokens by its grid, the sequence has 2 from token 7");
  EXPECT_EQ(refusal({.tokens = sequence}),
            "token 2 is of a picture, beyond the 0 whose grids are given");
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = two, .clips = one}),
            "the sequence has no tokens of frame 1 of clip 1 of 1");
  const std::vector<uint8_t> short_mask{1, 1};
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = two, .attention = short_mask}),
            "the attention mask has 2 entries, the sequence has 10 tokens");
  const std::vector<uint8_t> hole{1, 1, 1, 0, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = two, .attention = hole}),
            "picture 1 of 2 has 2 tokens by its grid, the sequence has 1 from token 2");
}

TEST(MropePositions, GridsThatAreNoneAreRefused) {
  for (const Grid& none :
       {Grid{1, 0, 2}, Grid{1, 2, 0}, Grid{1, 3, 2}, Grid{1, 2, 3}, Grid{0, 2, 2}, Grid{-1, 2, 2},
        Grid{1, -2, 2}, Grid{1, 65538, 2}, Grid{INT64_MAX, 2, 2}, Grid{1, INT64_MAX - 1, 2}}) {
    EXPECT_FALSE(mrope_positions(std::span(&none, 1)).ok()) << none.frames << " " << none.rows;
  }
  const std::vector<Grid> many(64, Grid{65536, 65536, 65536});
  EXPECT_EQ(mrope_positions(many).status().message(), "the grids have more than 67108864 tokens");
  const auto sequence = tokens("[pp]");
  const Grid moving[] = {{2, 2, 2}};
  EXPECT_EQ(refusal({.tokens = sequence, .pictures = moving}),
            "picture 1 of 1 has a grid of 2x2x2, not 1..1 frames of whole 2x2 blocks");
  for (const int merge : {0, -1, 65}) {
    EXPECT_FALSE(mrope_positions({.tokens = sequence, .merge = merge}).ok()) << merge;
    EXPECT_FALSE(mrope_positions(moving, merge).ok());
  }
}

}  // namespace
}  // namespace deepstack
