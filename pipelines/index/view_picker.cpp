#include "pipelines/index/view_picker.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/identity/half_tokens.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr int64_t kMoment_ns = 1'000'000'000;
constexpr int64_t kYoung_ns = 2'000'000'000;  // until here moments are a quarter as long
constexpr int kCropQuality = 85;              // of JPEG
constexpr int kLongestCropSide = 256;         // pixels

int64_t moment_of(const ArchiveTrack& track, int64_t pts_ns) {
  const int64_t age_ns = pts_ns - track.first_pts_ns;
  return age_ns < kYoung_ns ? age_ns / (kMoment_ns / 4)
                            : kYoung_ns / (kMoment_ns / 4) + (age_ns - kYoung_ns) / kMoment_ns;
}

// On each level the mean of its tokens, at length 1.
std::vector<float> mean_tokens(const std::vector<float>& tokens, const FeatureShape& shape) {
  const auto levels = static_cast<size_t>(shape.levels);
  const auto cells = static_cast<size_t>(shape.tokens());
  const auto width = static_cast<size_t>(shape.width);
  std::vector<float> means(levels * width, 0.0F);
  for (size_t level = 0; level < levels; ++level) {
    float* mean = means.data() + level * width;
    for (size_t cell = 0; cell < cells; ++cell) {
      const float* token = tokens.data() + (level * cells + cell) * width;
      for (size_t i = 0; i < width; ++i) mean[i] += token[i];
    }
    float square = 0;
    for (size_t i = 0; i < width; ++i) square += mean[i] * mean[i];
    const float length = std::sqrt(square);
    for (size_t i = 0; length > 0 && i < width; ++i) mean[i] /= length;
  }
  return means;
}

// Empty when there is nothing to show.
std::vector<uint8_t> jpeg_of(const cv::Mat& rgb, const Box& box) try {
  const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
  const cv::Rect place(static_cast<int>(inside.x), static_cast<int>(inside.y),
                       static_cast<int>(inside.width), static_cast<int>(inside.height));
  std::vector<uint8_t> jpeg;
  if (place.area() == 0) return jpeg;
  cv::Mat crop;
  cv::cvtColor(rgb(place), crop, cv::COLOR_RGB2BGR);
  const double scale = static_cast<double>(kLongestCropSide) / std::max(crop.cols, crop.rows);
  if (scale < 1) cv::resize(crop, crop, {}, scale, scale, cv::INTER_AREA);
  cv::imencode(".jpg", crop, jpeg, {cv::IMWRITE_JPEG_QUALITY, kCropQuality});
  return jpeg;
} catch (const cv::Exception&) {
  return {};
}

void save(ByteWriter& to, const ArchiveObservation& observation) {
  to.put(observation.track);
  to.put(observation.seconds);
  to.put(observation.pts_ns);
  for (const float side : {observation.box.x, observation.box.y, observation.box.width,
                           observation.box.height, observation.score, observation.quality}) {
    to.put(side);
  }
  to.put(observation.gate);
  to.put(observation.levels);
  to.put(observation.tokens);
  to.put(observation.crop);
}

ArchiveObservation read_observation(ByteReader& from) {
  ArchiveObservation observation;
  from.get(observation.track);
  from.get(observation.seconds);
  from.get(observation.pts_ns);
  for (float* side : {&observation.box.x, &observation.box.y, &observation.box.width,
                      &observation.box.height, &observation.score, &observation.quality}) {
    from.get(*side);
  }
  from.get(observation.gate);
  from.get(observation.levels);
  from.get(observation.tokens);
  from.get(observation.crop);
  return observation;
}

}  // namespace

ArchiveObservation ViewPicker::observation(int64_t pts_ns, const cv::Mat& rgb,
                                           const ObservedObject& object,
                                           const Appearance& view) const {
  return {.track = object.track_id,
          .seconds = options_.start_s + to_seconds(pts_ns),
          .pts_ns = pts_ns,
          .box = object.detection.box,
          .score = object.detection.score,
          .quality = view.quality,
          .gate = view.gate,
          .levels = to_half(mean_tokens(view.tokens, options_.shape)),
          .tokens = to_half(view.tokens),
          .crop = options_.crops ? jpeg_of(rgb, object.detection.box) : std::vector<uint8_t>()};
}

void ViewPicker::add(int64_t pts_ns, const cv::Mat& rgb, std::span<const ObservedObject> objects,
                     std::span<const std::optional<Appearance>> views, ArchiveStep& step) {
  for (size_t i = 0; i < objects.size(); ++i) {
    const ObservedObject& object = objects[i];
    const auto [entry, is_new] = kept_.try_emplace(object.track_id);
    Kept& kept = entry->second;
    const double seconds = options_.start_s + to_seconds(pts_ns);
    if (is_new) {
      kept.track = {.number = object.track_id,
                    .label = object.detection.label,
                    .first_seen_s = seconds,
                    .first_pts_ns = pts_ns};
    }
    kept.track.last_seen_s = seconds;
    kept.track.last_pts_ns = pts_ns;
    kept.confirmed = kept.confirmed || object.confirmed;
    if (!views[i] || !views[i]->full_depth(options_.shape)) continue;
    const int64_t moment = moment_of(kept.track, pts_ns);
    if (moment != kept.moment) emit(kept, step);
    kept.moment = moment;
    if (kept.best && kept.best->quality >= views[i]->quality) continue;
    kept.best = observation(pts_ns, rgb, object, *views[i]);
  }
}

// The best view of the moment is stored, or waits to be.
void ViewPicker::emit(Kept& kept, ArchiveStep& step) {
  if (kept.best) kept.waiting.push_back(*std::exchange(kept.best, std::nullopt));
  if (!kept.confirmed || kept.waiting.empty()) return;
  step.tracks.push_back(kept.track);
  for (ArchiveObservation& observation : kept.waiting) {
    kept.keys.push_back({observation.pts_ns, observation.quality});
    step.observations.push_back(std::move(observation));
    if (kept.keys.size() <= kKeyViews) continue;
    // The worst but for the newest goes, as in TrackEvidence.
    const auto worst =
        std::min_element(kept.keys.begin(), kept.keys.end() - 1,
                         [](const Key& a, const Key& b) { return a.quality < b.quality; });
    step.demoted.emplace_back(kept.track.number, worst->pts_ns);
    kept.keys.erase(worst);
  }
  kept.waiting.clear();
}

void ViewPicker::finish(Kept& kept, ArchiveStep& step) {
  emit(kept, step);
  if (kept.confirmed) step.tracks.push_back(kept.track);
}

void ViewPicker::age(int64_t pts_ns, ArchiveStep& step) {
  for (auto entry = kept_.begin(); entry != kept_.end();) {
    const bool over = pts_ns - entry->second.track.last_pts_ns > options_.max_age_ns;
    if (over) finish(entry->second, step);
    entry = over ? kept_.erase(entry) : std::next(entry);
  }
}

void ViewPicker::end_all(ArchiveStep& step) {
  for (auto& [number, kept] : kept_) finish(kept, step);
  kept_.clear();
}

void ViewPicker::save(ByteWriter& to) const {
  to.put(uint64_t{kept_.size()});
  for (const auto& [number, kept] : kept_) {
    to.put(number);
    to.put(kept.track.label);
    to.put(kept.track.first_seen_s);
    to.put(kept.track.last_seen_s);
    to.put(kept.track.first_pts_ns);
    to.put(kept.track.last_pts_ns);
    to.put(uint8_t{kept.confirmed});
    to.put(kept.moment);
    to.put(uint8_t{kept.best.has_value()});
    if (kept.best) deepstack::save(to, *kept.best);
    to.put(uint64_t{kept.waiting.size()});
    for (const ArchiveObservation& waiting : kept.waiting) deepstack::save(to, waiting);
    to.put(uint64_t{kept.keys.size()});
    for (const Key& key : kept.keys) {
      to.put(key.pts_ns);
      to.put(key.quality);
    }
  }
}

bool ViewPicker::restore(ByteReader& from) {
  kept_.clear();
  const size_t tracks = from.count(sizeof(int64_t));
  for (size_t i = 0; i < tracks && from.ok(); ++i) {
    const auto number = from.get<int64_t>();
    Kept& kept = kept_[number];
    kept.track.number = number;
    from.get(kept.track.label);
    from.get(kept.track.first_seen_s);
    from.get(kept.track.last_seen_s);
    from.get(kept.track.first_pts_ns);
    from.get(kept.track.last_pts_ns);
    kept.confirmed = from.get<uint8_t>() != 0;
    from.get(kept.moment);
    if (from.get<uint8_t>() != 0) kept.best = read_observation(from);
    const size_t waiting = from.count(sizeof(int64_t));
    for (size_t j = 0; j < waiting; ++j) kept.waiting.push_back(read_observation(from));
    const size_t keys = from.count(sizeof(int64_t) + sizeof(float));
    for (size_t j = 0; j < keys; ++j) {
      const auto pts_ns = from.get<int64_t>();
      kept.keys.push_back({pts_ns, from.get<float>()});
    }
  }
  return from.ok();
}

}  // namespace deepstack
