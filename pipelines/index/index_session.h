// IndexSession: one run of `deepstack index`: workers take recordings in order, each on its own;
// when one is analysed, and all before it are dealt with, its people are looked up in the gallery.
// What is wrong with a recording is written down and the others go on; what is wrong with the store
// or the model ends the run.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipelines/index/identity_linker.h"
#include "pipelines/index/index_progress.h"
#include "pipelines/index/locked_archive.h"
#include "pipelines/index/video_indexer.h"

namespace deepstack {

struct IndexOptions {
  std::vector<std::string> names;
  std::string store;
  std::string camera;
  std::string start;
  std::string detections;  // folder of MOTChallenge files, called like the recordings
  double sample_rate = 0;
  bool crops = false;
  bool retry = false;  // what failed before, too
  int jobs = 2;
  Settings settings;
};

struct IndexSummary {
  uint64_t done = 0;
  uint64_t known = 0;  // that were done before
  uint64_t failed = 0;
};

class IndexSession {
 public:
  IndexSession(const IndexOptions& options, std::shared_ptr<Encoder> encoder,
               LockedArchive& archive, IdentityLinker& linker, IndexProgress& progress);

  // Until all are dealt with, or stop becomes true: kCancelled. REQUIRES: called once.
  Status run(const std::vector<Recording>& recordings, const std::atomic<bool>& stop);

  IndexSummary summary() const;

 private:
  // Where a recording stands in the order of looking people up.
  struct Place {
    bool over = false;
    std::optional<ArchiveVideo> analysed;  // still to be looked up
  };

  void work(const std::vector<Recording>& recordings, const std::atomic<bool>& stop);
  Result<Place> take(const Recording& recording, const std::atomic<bool>& stop);
  Result<Place> analyse(const Recording& recording, const VideoIndexerOptions& options,
                        const std::string& content, const std::string& settings,
                        const std::atomic<bool>& stop);
  Result<ArchiveVideo> known_or_added(const Recording& recording, const VideoReader& reader,
                                      const std::string& content, const std::string& settings);
  Result<Place> fail(const Recording& recording, const std::string& content,
                     const std::string& settings, const std::string& why);
  Result<Place> leave_out(const Recording& recording, const std::string& why);
  bool claim(const std::string& hashes);
  Status settle(size_t index, Place place);
  Result<std::string> settings_hash(const Settings& settings) const;

  const IndexOptions& options_;
  const std::shared_ptr<Encoder> encoder_;
  LockedArchive& archive_;
  IdentityLinker& linker_;  // with the archive locked
  IndexProgress& progress_;

  std::atomic<size_t> next_ = 0;
  mutable std::mutex mutex_;  // everything below; before that of the archive
  std::vector<Place> places_;
  std::set<std::string> claimed_;
  size_t settled_ = 0;  // all before are over
  Status status_;       // why the run ends
  IndexSummary summary_;
};

}  // namespace deepstack
