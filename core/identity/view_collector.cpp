#include "core/identity/view_collector.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

// A box of which another box covers more than this share shows the other thing as much as its own.
constexpr float kCovered = 0.5F;

int64_t bytes_of(const TrackView& view) {
  return static_cast<int64_t>(view.rgb.total() * view.rgb.elemSize());
}

bool is_box(const Box& box) {
  return std::isfinite(box.x + box.y + box.width + box.height) && box.width > 0 && box.height > 0;
}

// A copy of the pixels of box, no side longer than longest; empty when it lies outside.
cv::Mat cut(const cv::Mat& rgb, const Box& box, int longest) {
  if (rgb.empty()) return {};
  const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
  const int x = static_cast<int>(std::floor(inside.x));
  const int y = static_cast<int>(std::floor(inside.y));
  const cv::Rect pixels = cv::Rect(x, y, static_cast<int>(std::ceil(inside.right())) - x,
                                   static_cast<int>(std::ceil(inside.bottom())) - y) &
                          cv::Rect(0, 0, rgb.cols, rgb.rows);
  if (pixels.empty()) return {};
  const double shrink = static_cast<double>(longest) / std::max(pixels.width, pixels.height);
  if (shrink >= 1) return rgb(pixels).clone();
  cv::Mat small;
  cv::resize(rgb(pixels), small,
             {std::max(1, static_cast<int>(std::lround(pixels.width * shrink))),
              std::max(1, static_cast<int>(std::lround(pixels.height * shrink)))},
             0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

size_t ViewCollector::place_of(int source, int64_t track) {
  const auto [entry, is_new] = places_.try_emplace({source, track}, set_.tracks.size());
  if (is_new) {
    set_.tracks.push_back({source, track, {}});
    paces_.emplace_back();
  }
  return entry->second;
}

void ViewCollector::thin(size_t place) {
  std::vector<TrackView>& views = set_.tracks[place].views;
  std::vector<TrackView> kept;
  for (size_t i = 0; i < views.size(); ++i) {
    if (i % 2 == 0) {
      kept.push_back(std::move(views[i]));
    } else {
      bytes_ -= bytes_of(views[i]);
      ++dropped_;
    }
  }
  views = std::move(kept);
  paces_[place].every *= 2;
}

bool ViewCollector::make_room(int64_t bytes) {
  while (bytes_ + bytes > limits_.max_bytes) {
    const auto most = std::max_element(
        set_.tracks.begin(), set_.tracks.end(),
        [](const TrackViews& a, const TrackViews& b) { return a.views.size() < b.views.size(); });
    if (most == set_.tracks.end() || most->views.size() < 2) return false;
    thin(static_cast<size_t>(most - set_.tracks.begin()));
  }
  return true;
}

void ViewCollector::add_view(size_t place, TrackView view) {
  const std::vector<TrackView>& views = set_.tracks[place].views;
  if (views.size() >= limits_.views_a_track) thin(place);
  const int64_t bytes = bytes_of(view);
  if (!make_room(bytes)) {
    ++dropped_;
    return;
  }
  bytes_ += bytes;
  set_.tracks[place].views.push_back(std::move(view));
}

void ViewCollector::add_frame(int source, int64_t frame, double seconds, const cv::Mat& rgb,
                              std::span<const TrackBox> boxes) {
  std::vector<Shown> shown;
  for (const TrackBox& entry : boxes) {
    if (!is_box(entry.box)) {
      ++refused_;
    } else if (!places_.contains({source, entry.track}) && set_.tracks.size() >= limits_.tracks) {
      ++dropped_;
    } else {
      shown.push_back({place_of(source, entry.track), entry.box});
    }
  }
  mark_together(shown);
  for (const Shown& one : shown) {
    const bool covered = std::ranges::any_of(shown, [&](const Shown& other) {
      return &other != &one && intersection(one.box, other.box) > kCovered * one.box.area();
    });
    Pace& pace = paces_[one.place];
    if (covered || pace.sightings++ % pace.every != 0) continue;
    TrackView view{cut(rgb, one.box, limits_.longest_side), seconds, frame};
    if (is_usable(view)) {
      add_view(one.place, std::move(view));
    } else {
      ++refused_;
    }
  }
}

void ViewCollector::mark_together(const std::vector<Shown>& shown) {
  for (const Shown& a : shown) {
    for (const Shown& b : shown) {
      const bool apart =
          intersection(a.box, b.box) <= kCovered * std::min(a.box.area(), b.box.area());
      if (a.place < b.place && apart && set_.together.size() < limits_.pairs) {
        set_.together.insert({a.place, b.place});
      }
    }
  }
}

}  // namespace deepstack
