// ThumbnailCache: JPEGs that were cut out of videos, in memory alone and bounded; those asked for
// least recently go first. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace deepstack {

class ThumbnailCache {
 public:
  explicit ThumbnailCache(size_t most_bytes = 32 << 20, size_t most_entries = 8192)
      : most_bytes_(most_bytes), most_entries_(most_entries) {}

  // version: of the store. What was kept of another one is forgotten first, so that nobody who was
  // erased stays here.
  std::optional<std::string> find(const std::string& key, int64_t version);
  void keep(const std::string& key, int64_t version, std::string jpeg);

  struct Stats {
    size_t entries = 0;
    size_t bytes = 0;
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t dropped = 0;
  };
  Stats stats() const;

 private:
  void forget_others(int64_t version);
  void drop_oldest();

  const size_t most_bytes_;
  const size_t most_entries_;
  mutable std::mutex mutex_;
  int64_t version_ = -1;
  std::list<std::pair<std::string, std::string>> entries_;  // the latest first
  std::unordered_map<std::string, decltype(entries_)::iterator> places_;
  Stats stats_;
};

}  // namespace deepstack
