#include "core/model/mrope_positions.h"

#include <algorithm>
#include <string>

namespace deepstack {
namespace {

constexpr int64_t kMaxPatches = 65536;            // of a side, or frames
constexpr int64_t kMaxTokens = int64_t{1} << 26;  // of grids without a sequence that bounds them
constexpr int kMaxMerge = 64;

const char* name_of(Modality modality) {
  return modality == Modality::kPicture ? "picture" : "clip";
}

std::string shown(const Grid& grid) {
  return std::to_string(grid.frames) + "x" + std::to_string(grid.rows) + "x" +
         std::to_string(grid.columns);
}

// The grids of one modality, frame by frame.
class Frames {
 public:
  Frames(Modality modality, std::span<const Grid> grids, int merge)
      : modality_(modality), grids_(grids), merge_(merge) {}

  Status check() const {
    for (size_t i = 0; i < grids_.size(); ++i) {
      const Grid& grid = grids_[i];
      const bool sides = grid.rows >= merge_ && grid.columns >= merge_ &&
                         grid.rows <= kMaxPatches && grid.columns <= kMaxPatches &&
                         grid.rows % merge_ == 0 && grid.columns % merge_ == 0;
      const int64_t most = modality_ == Modality::kPicture ? 1 : kMaxPatches;
      if (!sides || grid.frames < 1 || grid.frames > most) {
        return invalid(label(i) + " has a grid of " + shown(grid) + ", not 1.." +
                       std::to_string(most) + " frames of whole " + std::to_string(merge_) + "x" +
                       std::to_string(merge_) + " blocks");
      }
    }
    return {};
  }

  bool done() const { return index_ == grids_.size(); }
  int64_t rows() const { return grids_[index_].rows / merge_; }
  int64_t columns() const { return grids_[index_].columns / merge_; }

  void next() {
    if (++frame_ < grids_[index_].frames) return;
    frame_ = 0;
    ++index_;
  }

  // "picture 2 of 3", "frame 4 of clip 1 of 1"
  std::string current() const {
    if (modality_ == Modality::kPicture) return label(index_);
    return "frame " + std::to_string(frame_ + 1) + " of " + label(index_);
  }

  Modality modality() const { return modality_; }
  size_t count() const { return grids_.size(); }

 private:
  std::string label(size_t index) const {
    return std::string(name_of(modality_)) + " " + std::to_string(index + 1) + " of " +
           std::to_string(grids_.size());
  }

  Modality modality_;
  std::span<const Grid> grids_;
  int merge_;
  size_t index_ = 0;
  int64_t frame_ = 0;
};

// Appends positions; next_ is where text would go on.
class Writer {
 public:
  explicit Writer(size_t tokens) {
    for (auto& axis : result_.axes) axis.assign(tokens, 0);
  }

  void text(size_t token) {
    for (auto& axis : result_.axes) axis[token] = next_;
    largest_ = next_++;
  }

  // tokens: where those of the frame are, in raster order.
  void frame(std::span<const size_t> tokens, int64_t rows, int64_t columns) {
    const size_t* token = tokens.data();
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column, ++token) {
        result_.axes[0][*token] = next_;
        result_.axes[1][*token] = next_ + row;
        result_.axes[2][*token] = next_ + column;
      }
    }
    next_ += std::max(rows, columns);
    largest_ = next_ - 1;
  }

  MropePositions finish(size_t counted) {
    result_.delta = largest_ + 1 - static_cast<int64_t>(counted);
    return std::move(result_);
  }

 private:
  MropePositions result_;
  int64_t next_ = 0;
  int64_t largest_ = -1;
};

Status check_merge(int merge) {
  if (merge >= 1 && merge <= kMaxMerge) return {};
  return invalid("a token merges " + std::to_string(merge) + " patches a side, not 1.." +
                 std::to_string(kMaxMerge));
}

// The frame that begins with tokens[at] of those that count, and how many of them are its own.
Result<size_t> place_frame(const MropeSequence& sequence, std::span<const size_t> tokens,
                           Frames& frames, Writer& writer) {
  if (frames.done()) {
    return invalid("token " + std::to_string(tokens.front()) + " is of a " +
                   name_of(frames.modality()) + ", beyond the " + std::to_string(frames.count()) +
                   " whose grids are given");
  }
  const auto needed = static_cast<size_t>(frames.rows() * frames.columns());
  size_t count = 0;
  while (count < std::min(needed, tokens.size()) &&
         sequence.tokens[tokens[count]] == frames.modality()) {
    ++count;
  }
  if (count < needed) {
    return invalid(frames.current() + " has " + std::to_string(needed) +
                   " tokens by its grid, the sequence has " + std::to_string(count) +
                   " from token " + std::to_string(tokens.front()));
  }
  writer.frame(tokens.first(needed), frames.rows(), frames.columns());
  frames.next();
  return needed;
}

}  // namespace

std::vector<Modality> modalities_of(std::span<const int64_t> token_ids,
                                    const VisualTokenIds& visual) {
  std::vector<Modality> modalities;
  modalities.reserve(token_ids.size());
  for (const int64_t id : token_ids) {
    modalities.push_back(id == visual.picture ? Modality::kPicture
                         : id == visual.clip  ? Modality::kClip
                                              : Modality::kText);
  }
  return modalities;
}

Result<MropePositions> mrope_positions(const MropeSequence& sequence) {
  if (Status status = check_merge(sequence.merge); !status.ok()) return status;
  const size_t length = sequence.tokens.size();
  if (!sequence.attention.empty() && sequence.attention.size() != length) {
    return invalid("the attention mask has " + std::to_string(sequence.attention.size()) +
                   " entries, the sequence has " + std::to_string(length) + " tokens");
  }
  Frames pictures(Modality::kPicture, sequence.pictures, sequence.merge);
  Frames clips(Modality::kClip, sequence.clips, sequence.merge);
  for (const Frames* frames : {&pictures, &clips}) {
    if (Status status = frames->check(); !status.ok()) return status;
  }

  std::vector<size_t> tokens;  // those that are no padding
  for (size_t i = 0; i < length; ++i) {
    if (sequence.attention.empty() || sequence.attention[i] != 0) tokens.push_back(i);
  }
  Writer writer(length);
  for (size_t at = 0; at < tokens.size();) {
    const Modality modality = sequence.tokens[tokens[at]];
    if (modality == Modality::kText) {
      writer.text(tokens[at++]);
      continue;
    }
    const Result<size_t> placed =
        place_frame(sequence, std::span(tokens).subspan(at),
                    modality == Modality::kPicture ? pictures : clips, writer);
    if (!placed.ok()) return placed.status();
    at += *placed;
  }
  for (const Frames* frames : {&pictures, &clips}) {
    if (!frames->done()) return invalid("the sequence has no tokens of " + frames->current());
  }
  return writer.finish(tokens.size());
}

Result<MropePositions> mrope_positions(std::span<const Grid> grids, int merge) {
  if (Status status = check_merge(merge); !status.ok()) return status;
  if (Status status = Frames(Modality::kClip, grids, merge).check(); !status.ok()) return status;
  int64_t total = 0;
  for (const Grid& grid : grids) {
    total += grid.tokens() / merge / merge;
    if (total > kMaxTokens) {
      return invalid("the grids have more than " + std::to_string(kMaxTokens) + " tokens");
    }
  }
  const std::vector<Modality> tokens(static_cast<size_t>(total), Modality::kClip);
  return mrope_positions({.tokens = tokens, .clips = grids, .merge = merge});
}

}  // namespace deepstack
