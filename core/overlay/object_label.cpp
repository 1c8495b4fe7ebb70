#include "core/overlay/object_label.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace deepstack {
namespace {

constexpr size_t kShortIdentity = 8;
constexpr size_t kLongestName = 24;          // bytes; a longer one would hide the picture
constexpr int64_t kAgeShownNs = 50'000'000;  // younger than that would be 0.0 s

// Cut where a character of UTF-8 ends.
std::string cut(const std::string& text) {
  if (text.size() <= kLongestName) return text;
  size_t end = kLongestName;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "..";
}

std::string percent(float share) {
  // NaN is no number to show.
  const float shown = share >= 0 ? std::min(share, 1.0F) : 0;
  return std::to_string(std::lround(shown * 100)) + "%";
}

std::string seconds(int64_t age_ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1fs", static_cast<double>(age_ns) / 1e9);
  return text;
}

std::string track(const OverlayObject& object) { return "#" + std::to_string(*object.track_id); }

}  // namespace

std::string short_identity(const std::string& uuid) { return uuid.substr(0, kShortIdentity); }

ObjectLabel label_of(const OverlayObject& object, OverlayLabels labels) {
  ObjectLabel label;
  if (labels == OverlayLabels::kNone) return label;
  const bool full = labels == OverlayLabels::kFull;
  if (labels != OverlayLabels::kId && !object.identity.empty()) {
    label.name = object.name.empty() ? short_identity(object.identity) : cut(object.name);
    if (object.tentative) label.name += "?";
    if (!full) return label;
    if (object.track_id) label.details.push_back(track(object));
    if (object.score) label.details.push_back(percent(*object.score));
  } else {
    label.name = object.track_id ? track(object) : cut(object.label);
    if (!full) return label;
    if (object.track_id) label.details.push_back(cut(object.label));
    if (object.confidence) label.details.push_back(percent(*object.confidence));
  }
  if (object.age_ns && *object.age_ns >= kAgeShownNs) {
    label.details.push_back(seconds(*object.age_ns));
  }
  return label;
}

}  // namespace deepstack
