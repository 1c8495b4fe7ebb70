#include "pipelines/report/frame_overlay.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr int64_t kTrailNs = 1'500'000'000;
constexpr int kTrailSteps = 12;
constexpr double kTrailOpacity = 0.65;
constexpr int kFontCapital = 22;  // height of capitals of both fonts at scale 1, pixels
constexpr int kFinerText = 4;     // text is drawn so many times larger, then averaged: smooth
constexpr int kSubpixelBits = 4;  // of coordinates given to OpenCV

cv::Scalar bgr(Color color) {
  return {static_cast<double>(color.blue), static_cast<double>(color.green),
          static_cast<double>(color.red)};
}

cv::Point subpixel(float x, float y) {
  constexpr float kOne = 1 << kSubpixelBits;
  return {static_cast<int>(std::lround(x * kOne)), static_cast<int>(std::lround(y * kOne))};
}

// One line of text as coverage 0..255, its capitals `capital` pixels high, tightly cut at the
// sides; baseline at the bottom.
cv::Mat text_coverage(const std::string& text, int font, int capital, int thickness) {
  const double scale = static_cast<double>(capital * kFinerText) / kFontCapital;
  int descent = 0;
  const cv::Size size = cv::getTextSize(text, font, scale, thickness, &descent);
  cv::Mat large(capital * kFinerText, size.width, CV_8UC1, cv::Scalar(0));
  cv::putText(large, text, {0, large.rows - thickness / 2}, font, scale, cv::Scalar(255), thickness,
              cv::LINE_AA);
  cv::Mat small;
  cv::resize(large, small, {std::max(1, size.width / kFinerText), capital}, 0, 0, cv::INTER_AREA);
  return small;
}

// Mixes color into frame at `at` by coverage, as far as they overlap.
void blend(cv::Mat& frame, const cv::Mat& coverage, cv::Point at, Color color) {
  const cv::Rect whole({0, 0}, frame.size());
  const cv::Rect target = cv::Rect(at, coverage.size()) & whole;
  for (int y = target.y; y < target.br().y; ++y) {
    const uint8_t* share = coverage.ptr<uint8_t>(y - at.y);
    auto* pixel = frame.ptr<cv::Vec3b>(y);
    for (int x = target.x; x < target.br().x; ++x) {
      const int amount = share[x - at.x];
      const int to[3] = {color.blue, color.green, color.red};
      for (int c = 0; c < 3; ++c) {
        const int from = pixel[x][c];
        pixel[x][c] = static_cast<uint8_t>(from + ((to[c] - from) * amount + 127) / 255);
      }
    }
  }
}

}  // namespace

FrameOverlay::FrameOverlay(const IdentityHistory& history, cv::Size size, int64_t frame_ns)
    : history_(history),
      size_(size),
      frame_ns_(frame_ns),
      line_(std::max(1, static_cast<int>(std::lround(size.height / 600.0)))),
      text_height_(std::max(7, static_cast<int>(std::lround(size.height / 64.0)))) {}

std::vector<FrameOverlay::InView> FrameOverlay::in_view(int64_t time_ns) {
  const int64_t tolerance_ns = frame_ns_ / 2;
  const std::vector<Stretch>& all = history_.stretches;
  while (next_ < all.size() && all[next_].begin_ns() <= time_ns + tolerance_ns) {
    active_.push_back(next_++);
  }
  std::erase_if(active_, [&](size_t index) {
    if (all[index].end_ns() + tolerance_ns >= time_ns) return false;
    tags_.erase(&all[index]);
    sides_.erase(&all[index]);
    return true;
  });
  std::vector<InView> seen;
  const auto width = static_cast<float>(size_.width);
  const auto height = static_cast<float>(size_.height);
  for (const size_t index : active_) {
    const std::optional<Box> box = box_at(all[index], time_ns, tolerance_ns);
    if (!box) continue;
    const std::optional<size_t> identity = all[index].identity;
    seen.push_back({&all[index],
                    {box->x * width, box->y * height, box->width * width, box->height * height},
                    identity ? identity_color(*identity) : kUnknownColor});
  }
  // Who stands further down is nearer to the camera and drawn last.
  std::stable_sort(seen.begin(), seen.end(), [](const InView& a, const InView& b) {
    return a.box.y + a.box.height < b.box.y + b.box.height;
  });
  return seen;
}

void FrameOverlay::draw(cv::Mat& frame, int64_t time_ns) {
  const std::vector<InView> seen = in_view(time_ns);
  if (seen.empty()) return;
  cv::Mat trails = frame.clone();
  for (const InView& one : seen) draw_trail(trails, one, time_ns);
  cv::addWeighted(trails, kTrailOpacity, frame, 1 - kTrailOpacity, 0, frame);
  for (const InView& one : seen) draw_box(frame, one);
  const std::vector<cv::Rect> places = place_tags(seen);
  for (size_t i = 0; i < seen.size(); ++i) draw_tag(frame, seen[i], places[i]);
}

// The way of the feet.
void FrameOverlay::draw_trail(cv::Mat& frame, const InView& seen, int64_t time_ns) const {
  std::vector<cv::Point> way;
  for (int step = 0; step <= kTrailSteps; ++step) {
    const std::optional<Box> box =
        box_at(*seen.stretch, time_ns - step * kTrailNs / kTrailSteps, frame_ns_ / 2);
    if (!box) break;
    way.push_back(subpixel((box->x + box->width / 2) * static_cast<float>(size_.width),
                           box->bottom() * static_cast<float>(size_.height)));
  }
  if (way.size() < 2) return;
  cv::polylines(frame, way, /*isClosed=*/false, bgr(seen.color), line_, cv::LINE_AA, kSubpixelBits);
}

void FrameOverlay::draw_box(cv::Mat& frame, const InView& seen) const {
  const cv::Rect2f& box = seen.box;
  cv::rectangle(frame, subpixel(box.x, box.y),
                subpixel(box.x + box.width - 1, box.y + box.height - 1), bgr(seen.color), line_,
                cv::LINE_AA, kSubpixelBits);
}

const cv::Mat& FrameOverlay::tag_of(const Stretch& stretch) {
  cv::Mat& tag = tags_[&stretch];
  if (!tag.empty()) return tag;
  const int small_height = std::max(6, text_height_ * 4 / 5);
  const std::string track = "t" + std::to_string(stretch.track_id);
  cv::Mat name;
  if (stretch.identity) {
    name = text_coverage("P" + std::to_string(*stretch.identity + 1), cv::FONT_HERSHEY_DUPLEX,
                         text_height_, 6);
  }
  cv::Mat small = text_coverage(track, cv::FONT_HERSHEY_SIMPLEX, small_height, 4);
  small *= stretch.identity ? 0.8 : 1.0;
  const int pad = std::max(2, text_height_ / 3);
  const int gap = name.empty() ? 0 : pad + 1;
  tag = cv::Mat(text_height_ + 2 * pad, 2 * pad + name.cols + gap + small.cols, CV_8UC1,
                cv::Scalar(0));
  if (!name.empty()) name.copyTo(tag({pad, pad, name.cols, name.rows}));
  const int baseline = pad + text_height_ - small.rows;
  small.copyTo(tag({pad + name.cols + gap, baseline, small.cols, small.rows}));
  return tag;
}

// A tag is above its box, or below where there is no room; it begins at the box's left side, or
// ends at the right one where it would cover the tag of a box further right. Each is taken back
// only when there is plenty of room: no jumping.
std::vector<cv::Rect> FrameOverlay::place_tags(const std::vector<InView>& seen) {
  std::vector<cv::Rect> places;
  for (const InView& one : seen) {
    const cv::Size size = tag_of(*one.stretch).size();
    const auto top = static_cast<int>(std::lround(one.box.y));
    bool& below = sides_[one.stretch].below;
    below = top - size.height < (below ? size.height / 2 : 0);
    const int y = below ? static_cast<int>(std::lround(one.box.br().y)) : top - size.height;
    places.push_back({{static_cast<int>(std::lround(one.box.x)), y}, size});
  }
  const std::vector<cv::Rect> wanted = places;
  for (size_t i = 0; i < seen.size(); ++i) {
    bool& leftwards = sides_[seen[i].stretch].leftwards;
    const int room = leftwards ? wanted[i].height / 2 : 0;
    const cv::Rect needed(wanted[i].x, wanted[i].y - room, wanted[i].width + room,
                          wanted[i].height + 2 * room);
    leftwards = std::any_of(wanted.begin(), wanted.end(), [&](const cv::Rect& other) {
      return other.x > needed.x && (other & needed).area() > 0;
    });
    cv::Rect& place = places[i];
    if (leftwards) place.x = static_cast<int>(std::lround(seen[i].box.br().x)) - place.width;
    place.x = std::clamp(place.x, 0, std::max(0, size_.width - place.width));
    place.y = std::clamp(place.y, 0, std::max(0, size_.height - place.height));
  }
  return places;
}

void FrameOverlay::draw_tag(cv::Mat& frame, const InView& seen, const cv::Rect& place) {
  frame(place & cv::Rect({0, 0}, size_)).setTo(bgr(seen.color));
  blend(frame, tag_of(*seen.stretch), place.tl(), text_color_on(seen.color));
}

}  // namespace deepstack
