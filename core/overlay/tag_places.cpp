#include "core/overlay/tag_places.h"

#include <algorithm>
#include <cstdlib>

namespace deepstack {
namespace {

constexpr size_t kSides = 6;

// What a place costs, in areas of the tag.
constexpr double kOnATag = 10;   // nobody can read what is covered
constexpr double kOnABox = 0.5;  // hides somebody else
constexpr double kOnItsBox = 0.3;
constexpr double kOtherSide = 0.25;  // than in the last picture
constexpr double kNextSide = 0.02;   // above before below, left before right

// Above and below the box, from its left or to its right side, then within it.
PixelRect beside(const Tag& tag, size_t side) {
  const PixelRect& box = tag.box;
  const int from_right = box.right() - tag.width;
  const PixelRect places[kSides] = {
      {box.x, box.y - tag.height, tag.width, tag.height},
      {from_right, box.y - tag.height, tag.width, tag.height},
      {box.x, box.bottom(), tag.width, tag.height},
      {from_right, box.bottom(), tag.width, tag.height},
      {box.x, box.y, tag.width, tag.height},
      {box.x, box.bottom() - tag.height, tag.width, tag.height},
  };
  return places[side];
}

double overlap(const PixelRect& a, const PixelRect& b) {
  const PixelRect common = intersection(a, b);
  return static_cast<double>(common.width) * common.height;
}

PixelRect within(PixelRect place, int width, int height) {
  place.x = std::clamp(place.x, 0, std::max(0, width - place.width));
  place.y = std::clamp(place.y, 0, std::max(0, height - place.height));
  return place;
}

struct Choice {
  PixelRect place;
  double cost = 0;
};

class Chooser {
 public:
  Chooser(const std::vector<Tag>& tags, int width, int height)
      : tags_(tags), width_(width), height_(height), taken_(tags.size()) {}

  Choice at(const PixelRect& wanted, size_t own) const {
    const PixelRect place = within(wanted, width_, height_);
    const double area = static_cast<double>(place.width) * place.height;
    const double moved = std::abs(place.x - wanted.x) + std::abs(place.y - wanted.y);
    double cost = 0.1 * moved / place.height;
    for (size_t i = 0; i < tags_.size(); ++i) {
      if (i < own) cost += kOnATag * overlap(place, taken_[i]) / area;
      cost += (i == own ? kOnItsBox : kOnABox) * overlap(place, tags_[i].box) / area;
    }
    return {place, cost};
  }

  // Directly above or below the tags that are in the way of a place.
  std::vector<PixelRect> around(const PixelRect& wanted, size_t own) const {
    std::vector<PixelRect> free;
    for (size_t i = 0; i < own; ++i) {
      if (intersection(wanted, taken_[i]).empty()) continue;
      free.push_back({wanted.x, taken_[i].y - wanted.height, wanted.width, wanted.height});
      free.push_back({wanted.x, taken_[i].bottom(), wanted.width, wanted.height});
    }
    return free;
  }

  void take(size_t index, const PixelRect& place) { taken_[index] = place; }
  std::vector<PixelRect> taken() && { return std::move(taken_); }

 private:
  const std::vector<Tag>& tags_;
  const int width_;
  const int height_;
  std::vector<PixelRect> taken_;
};

}  // namespace

std::vector<PixelRect> TagPlaces::place(const std::vector<Tag>& tags, int width, int height) {
  Chooser chooser(tags, width, height);
  std::map<int64_t, size_t> sides;
  for (size_t i = 0; i < tags.size(); ++i) {
    const Tag& tag = tags[i];
    if (tag.width <= 0 || tag.height <= 0) continue;
    const auto last = tag.track_id ? sides_.find(*tag.track_id) : sides_.end();
    std::optional<Choice> best;
    size_t best_side = 0;
    for (size_t side = 0; side < kSides; ++side) {
      Choice choice = chooser.at(beside(tag, side), i);
      choice.cost += kNextSide * static_cast<double>(side);
      if (last != sides_.end() && last->second != side) choice.cost += kOtherSide;
      if (best && best->cost <= choice.cost) continue;
      best = choice;
      best_side = side;
    }
    for (const PixelRect& wanted : chooser.around(beside(tag, best_side), i)) {
      const Choice choice = chooser.at(wanted, i);
      if (choice.cost + kOtherSide < best->cost) best = choice;
    }
    chooser.take(i, best->place);
    if (tag.track_id) sides[*tag.track_id] = best_side;
  }
  sides_ = std::move(sides);
  return std::move(chooser).taken();
}

}  // namespace deepstack
