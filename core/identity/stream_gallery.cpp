#include "core/identity/stream_gallery.h"

#include <algorithm>
#include <cmath>

namespace deepstack {

namespace {

// Offsets are rounded up to whole seconds; by less an anchor is not moved.
constexpr double kCloseEnough_s = 2;

}  // namespace

void StreamGallery::anchor(double seconds, double unix_s) {
  const double now_s = std::max(unix_s, gallery_->latest_s());
  if (anchored_ && std::abs(now_s - seconds - offset_s_) <= kCloseEnough_s) return;
  const double offset_s = std::ceil(now_s) - std::floor(seconds);
  offset_s_ = used_ ? std::max(offset_s_, offset_s) : offset_s;
  anchored_ = true;
}

void StreamGallery::see(int64_t number, double seconds) {
  used_ = true;
  gallery_->see(number, seconds + offset_s_);
}

void StreamGallery::learn(int64_t number, const Appearance& view) {
  used_ = true;
  gallery_->learn(number, view, offset_s_);
}

KnownIdentity StreamGallery::add(const std::string& label, double seconds) {
  used_ = true;
  KnownIdentity added = gallery_->add(label, seconds + offset_s_);
  added.last_seen_s -= offset_s_;
  return added;
}

std::optional<KnownIdentity> StreamGallery::find(int64_t number) const {
  std::optional<KnownIdentity> found = gallery_->find(number);
  if (found) found->last_seen_s -= offset_s_;
  return found;
}

Result<std::vector<Candidate>> StreamGallery::search(const std::vector<const Appearance*>& views,
                                                     const std::string& label,
                                                     double seconds) const {
  Result<std::vector<Candidate>> found =
      gallery_->search({views, label, seconds + offset_s_, offset_s_});
  if (!found.ok()) return found;
  for (Candidate& candidate : *found) candidate.identity.last_seen_s -= offset_s_;
  return found;
}

}  // namespace deepstack
