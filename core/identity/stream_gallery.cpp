#include "core/identity/stream_gallery.h"

#include <algorithm>
#include <cmath>

namespace deepstack {

void StreamGallery::anchor(double seconds, double unix_s) {
  const double now_s = std::ceil(std::max(unix_s, gallery_->latest_s()));
  const double offset_s = now_s - std::floor(seconds);
  offset_s_ = anchored_ ? std::max(offset_s_, offset_s) : offset_s;
  anchored_ = true;
}

KnownIdentity StreamGallery::add(const std::string& label, double seconds) {
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
