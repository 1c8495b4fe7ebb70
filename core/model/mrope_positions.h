// Positions of interleaved MRoPE (Qwen3-VL) of a sequence of text, pictures and clips: three
// numbers a token, for the axes time, row and column. Text advances all three by one a token; a
// picture lays its tokens out on a grid that begins where the text ended, and the text goes on
// behind its longer side. A clip is a row of pictures, one a temporal patch: its time is written in
// the text between them. Plain values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/grid.h"
#include "core/status.h"

namespace deepstack {

enum class Modality : uint8_t { kText = 0, kPicture = 1, kClip = 2 };

// What stands for a token of a picture or clip in the text.
struct VisualTokenIds {
  int64_t picture = 151655;  // <|image_pad|>
  int64_t clip = 151656;     // <|video_pad|>
};

std::vector<Modality> modalities_of(std::span<const int64_t> token_ids,
                                    const VisualTokenIds& visual = {});

struct MropeSequence {
  std::span<const Modality> tokens = {};
  std::span<const Grid> pictures = {};      // in the order of the sequence, patches before merging
  std::span<const Grid> clips = {};         // the same
  std::span<const uint8_t> attention = {};  // 0: padding, has no position; empty: there is none
  int merge = 2;                            // patches a side of a token
};

struct MropePositions {
  std::array<std::vector<int64_t>, 3> axes;  // time, row, column; 0 for padding
  // A token appended as number n (padding not counted) has the position n + delta on all axes.
  int64_t delta = 0;
};

// kInvalid, naming what is missing or too much: the grids are not those of the tokens, a grid is no
// multiple of merge, attention has another length than tokens.
Result<MropePositions> mrope_positions(const MropeSequence& sequence);

// Of the tokens of these grids alone, one behind the other without text between them.
Result<MropePositions> mrope_positions(std::span<const Grid> grids, int merge = 2);

}  // namespace deepstack
