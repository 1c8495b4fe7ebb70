#include "pipelines/report/thumbnails.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr float kMargin = 0.06F;      // around the box, of its height
constexpr float kAtTheEdge = 0.004F;  // shares of the frame: about two pixels
constexpr float kCutOff = 0.3F;       // what a box that leaves the picture is worth
constexpr double kUsualAreas = 0.75;  // the largest quarter of a visit's boxes is no better for it
constexpr int kMaxHeight = 208;       // pixels: shown half as high on a phone's dense display
constexpr int kJpegQuality = 82;

// How much of each sighting's box other boxes of the same frame cover, 0..1.
class Crowd {
 public:
  explicit Crowd(const IdentityHistory& history) {
    for (const Stretch& stretch : history.stretches) {
      for (const Sighting& sighting : stretch.sightings)
        boxes_[sighting.time_ns].push_back(&sighting);
    }
  }

  float covered(const Sighting& sighting) const {
    float covered = 0;
    for (const Sighting* other : boxes_.at(sighting.time_ns)) {
      if (other != &sighting) covered += intersection(other->box, sighting.box);
    }
    return std::min(1.0F, covered / std::max(sighting.box.area(), 1e-9F));
  }

 private:
  std::unordered_map<int64_t, std::vector<const Sighting*>> boxes_;
};

float aspect(const Box& box) { return box.width / std::max(box.height, 1e-6F); }

// The value that `share` of the values are below; 0 of none.
float quantile(std::vector<float> values, double share) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<size_t>(place)];
}

// What boxes of a visit are like, so that one that grew over a neighbour does not win by its size.
struct Usual {
  float aspect = 0;
  float area = 0;  // larger counts as much
};

struct Pick {
  const Sighting* sighting = nullptr;
  float worth = -1;
};

float worth(const Sighting& sighting, const Usual& usual, const Crowd& crowd) {
  const Box& box = sighting.box;
  const bool cut = box.x < kAtTheEdge || box.y < kAtTheEdge || box.right() > 1 - kAtTheEdge ||
                   box.bottom() > 1 - kAtTheEdge;
  const float clear = 1 - crowd.covered(sighting);
  const auto [small, large] = std::minmax({aspect(box), usual.aspect});
  const float usual_shape = small / std::max(large, 1e-6F);
  return std::min(box.area(), usual.area) * sighting.confidence * clear * clear * usual_shape *
         usual_shape * (cut ? kCutOff : 1.0F);
}

Pick best_of(const Visit& visit, const IdentityHistory& history, const Crowd& crowd) {
  std::vector<const Sighting*> sightings;
  std::vector<float> aspects;
  std::vector<float> areas;
  for (const size_t index : visit.stretches) {
    for (const Sighting& sighting : history.stretches[index].sightings) {
      sightings.push_back(&sighting);
      aspects.push_back(aspect(sighting.box));
      areas.push_back(sighting.box.area());
    }
  }
  const Usual usual{quantile(std::move(aspects), 0.5), quantile(std::move(areas), kUsualAreas)};
  Pick best;
  for (const Sighting* sighting : sightings) {
    const float value = worth(*sighting, usual, crowd);
    if (value > best.worth) best = {sighting, value};
  }
  return best;
}

// The best one first, then of others, evenly over time when there are too many.
std::vector<Pick> picks_of(const SeenIdentity& identity, const IdentityHistory& history,
                           const Crowd& crowd) {
  std::vector<Pick> picks;
  for (const Visit& visit : identity.visits) picks.push_back(best_of(visit, history, crowd));
  const auto best = std::max_element(
      picks.begin(), picks.end(), [](const Pick& a, const Pick& b) { return a.worth < b.worth; });
  std::vector<Pick> result{*best};
  picks.erase(best);
  const size_t further = std::min(picks.size(), kFurtherThumbnails);
  for (size_t i = 0; i < further; ++i) {
    result.push_back(picks[further == 1 ? 0 : i * (picks.size() - 1) / (further - 1)]);
  }
  return result;
}

// The box with its margin, widened to one of three shapes so that cards line up.
cv::Rect window(const Box& share, cv::Size frame) {
  const float width = share.width * static_cast<float>(frame.width);
  const float height = share.height * static_cast<float>(frame.height);
  const float shape = width < 0.8F * height ? 0.6F : width < 1.3F * height ? 1.0F : 1.5F;
  const float high = std::max({height * (1 + 2 * kMargin), width / shape, 8.0F});
  const float wide = std::max(high * shape, width);
  const float left = share.x * static_cast<float>(frame.width) + (width - wide) / 2;
  const float top = share.y * static_cast<float>(frame.height) + (height - high) / 2;
  // Moved into the frame rather than cut, as far as it fits.
  const auto place = [](float start, float length, int limit) {
    const int size = std::min(static_cast<int>(std::lround(length)), limit);
    return std::pair(std::clamp(static_cast<int>(std::lround(start)), 0, limit - size), size);
  };
  const auto [x, w] = place(left, wide, frame.width);
  const auto [y, h] = place(top, high, frame.height);
  return {x, y, w, h};
}

}  // namespace

std::vector<Thumbnail> plan_thumbnails(const IdentityHistory& history, size_t most) {
  const Crowd crowd(history);
  std::vector<std::vector<Pick>> picks;
  for (const SeenIdentity& identity : history.identities) {
    picks.push_back(picks_of(identity, history, crowd));
  }
  std::vector<Thumbnail> planned;
  for (size_t round = 0; round <= kFurtherThumbnails; ++round) {
    for (size_t i = 0; i < picks.size() && planned.size() < most; ++i) {
      if (round >= picks[i].size()) continue;
      const Sighting& sighting = *picks[i][round].sighting;
      planned.push_back({.identity = i,
                         .best = round == 0,
                         .time_ns = sighting.time_ns,
                         .box = sighting.box,
                         .jpeg_base64 = {}});
    }
  }
  std::stable_sort(planned.begin(), planned.end(), [](const Thumbnail& a, const Thumbnail& b) {
    return std::tuple(a.identity, !a.best, a.time_ns) < std::tuple(b.identity, !b.best, b.time_ns);
  });
  return planned;
}

Status take_picture(const cv::Mat& frame, Thumbnail& thumbnail) try {
  cv::Mat picture = frame(window(thumbnail.box, frame.size()));
  if (picture.empty()) return {};
  if (picture.rows > kMaxHeight) {
    const double scale = static_cast<double>(kMaxHeight) / picture.rows;
    cv::resize(picture, picture, {}, scale, scale, cv::INTER_AREA);
  }
  std::vector<uint8_t> jpeg;
  if (!cv::imencode(".jpg", picture, jpeg, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality})) {
    return internal("a thumbnail could not be encoded as JPEG");
  }
  thumbnail.width = picture.cols;
  thumbnail.height = picture.rows;
  thumbnail.jpeg_base64 = base64(jpeg);
  return {};
} catch (const cv::Exception& error) {
  return internal("a thumbnail could not be made: " + error.err);
}

std::string base64(const std::vector<uint8_t>& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = uint32_t{bytes[i]} << 16;
    if (left > 1) bits |= uint32_t{bytes[i + 1]} << 8;
    if (left > 2) bits |= uint32_t{bytes[i + 2]};
    for (size_t k = 0; k < 4; ++k) {
      text.push_back(k <= left ? kDigits[(bits >> (18 - 6 * k)) & 63] : '=');
    }
  }
  return text;
}

}  // namespace deepstack
