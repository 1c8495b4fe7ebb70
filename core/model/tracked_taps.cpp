#include "core/model/tracked_taps.h"

#include <algorithm>

#include <c10/core/GradMode.h>

#include "core/model/serial_scope.h"
#include "core/model/view_nuisance.h"

namespace deepstack {
namespace {

constexpr size_t kViewsAtOnce = 64;

struct Picture {
  const TrackView* view;
  size_t copy;
};

// Copy 0 is as filmed, copy 1 only lit otherwise; the rest may be worse in any way.
cv::Mat picture_of(const Picture& picture, uint64_t seed, size_t number) {
  const cv::Mat& rgb = picture.view->rgb;
  if (picture.copy == 0) return rgb;
  std::seed_seq sequence{seed, static_cast<uint64_t>(number)};
  std::mt19937 random(sequence);
  const cv::Mat lit = relight(rgb, random);
  return picture.copy == 1 ? lit : degrade(lit, random);
}

void append(std::vector<Appearance>& appearances, const FusedViews& views,
            std::span<const double> seconds) {
  const at::Tensor tokens = views.levels.transpose(0, 1).contiguous();  // [N, L, T, H]
  const at::Tensor gates = views.gates.contiguous();
  const auto row = [](const at::Tensor& x, size_t i) {
    const int64_t size = x.numel() / x.size(0);
    const float* first = x.const_data_ptr<float>() + static_cast<int64_t>(i) * size;
    return std::vector<float>(first, first + size);
  };
  for (size_t i = 0; i < seconds.size(); ++i) {
    appearances.push_back({row(tokens, i), row(gates, i), seconds[i]});
  }
}

}  // namespace

Result<TrackedTaps> TrackedTaps::look(const VisionModel& model, const AdaptationTracks& tracks,
                                      int batch_size, uint64_t seed) {
  TrackedTaps taps;
  taps.tracks_ = &tracks;
  std::vector<Picture> pictures;
  for (size_t t = 0; t < tracks.tracks.size(); ++t) {
    taps.first_.push_back(static_cast<int64_t>(pictures.size()));
    for (const TrackView* view : tracks.tracks[t].views) {
      for (size_t copy = 0; copy < taps.copies(t); ++copy) pictures.push_back({view, copy});
    }
  }
  Result<TapCache> cache = TapCache::fill(
      model, pictures.size(), [&](size_t i) { return picture_of(pictures[i], seed, i); },
      batch_size);
  if (!cache.ok()) return cache.status();
  taps.cache_ = *std::move(cache);
  return taps;
}

ViewAppearances TrackedTaps::appearances(const TrainableFusion& fusion) const {
  const c10::NoGradGuard no_gradient;
  const SerialScope serial;
  std::vector<int64_t> plain;
  std::vector<double> seconds;
  for (size_t t = 0; t < tracks_->tracks.size(); ++t) {
    for (size_t v = 0; v < tracks_->tracks[t].views.size(); ++v) {
      plain.push_back(picture(t, v, 0));
      seconds.push_back(tracks_->tracks[t].views[v]->seconds);
    }
  }
  ViewAppearances result;
  for (size_t first = 0; first < plain.size(); first += kViewsAtOnce) {
    const size_t count = std::min(kViewsAtOnce, plain.size() - first);
    const std::span<const double> times{seconds.data() + first, count};
    std::vector<int64_t> pictures(plain.begin() + static_cast<std::ptrdiff_t>(first),
                                  plain.begin() + static_cast<std::ptrdiff_t>(first + count));
    append(result.plain, fusion.forward(taps(pictures)), times);
    for (int64_t& picture : pictures) ++picture;  // its relit copy
    append(result.relit, fusion.forward(taps(pictures)), times);
  }
  return result;
}

}  // namespace deepstack
