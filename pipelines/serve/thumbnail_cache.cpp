#include "pipelines/serve/thumbnail_cache.h"

namespace deepstack {

std::optional<std::string> ThumbnailCache::find(const std::string& key, int64_t version) {
  const std::lock_guard lock(mutex_);
  forget_others(version);
  const auto found = places_.find(key);
  if (found == places_.end()) {
    ++stats_.misses;
    return std::nullopt;
  }
  ++stats_.hits;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void ThumbnailCache::keep(const std::string& key, int64_t version, std::string jpeg) {
  const std::lock_guard lock(mutex_);
  forget_others(version);
  if (jpeg.size() > most_bytes_ || places_.contains(key)) return;
  stats_.bytes += jpeg.size();
  entries_.emplace_front(key, std::move(jpeg));
  places_[key] = entries_.begin();
  while (stats_.bytes > most_bytes_ || entries_.size() > most_entries_) drop_oldest();
}

ThumbnailCache::Stats ThumbnailCache::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.entries = entries_.size();
  return stats;
}

void ThumbnailCache::forget_others(int64_t version) {
  if (version == version_) return;
  version_ = version;
  entries_.clear();
  places_.clear();
  stats_.bytes = 0;
}

void ThumbnailCache::drop_oldest() {
  stats_.bytes -= entries_.back().second.size();
  ++stats_.dropped;
  places_.erase(entries_.back().first);
  entries_.pop_back();
}

}  // namespace deepstack
