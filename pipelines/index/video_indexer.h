// VideoIndexer: takes one recording through the Analyzer and puts what it sees into the archive, in
// steps of half a second of work. After a kill another one goes on from the last step to the same
// end (docs/adr/006). One thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/analyzer.h"
#include "pipelines/index/epoch_motion.h"
#include "pipelines/index/locked_archive.h"
#include "pipelines/index/view_picker.h"
#include "pipelines/media/video_reader.h"

namespace deepstack {

struct VideoIndexerOptions {
  Settings settings;       // proposals as asked for
  double sample_rate = 0;  // frames a second of the video that are analysed; 0: all
  bool crops = false;
};

class VideoIndexer {
 public:
  // Told of every frame: how many of the video are dealt with.
  using Progress = std::function<void(int64_t frames)>;

  // video: as the archive has it, with its file open in reader.
  static Result<std::unique_ptr<VideoIndexer>> create(const VideoIndexerOptions& options,
                                                      std::shared_ptr<Encoder> encoder,
                                                      LockedArchive& archive, ArchiveVideo video,
                                                      VideoReader reader);

  // Until the video is analysed. kCorrupt: it cannot be decoded, or ends too soon; kCancelled: stop
  // became true, all that was done is kept; else the archive or the encoder failed.
  Status run(const std::atomic<bool>& stop, const Progress& progress);

  const ArchiveVideo& video() const { return video_; }

 private:
  VideoIndexer(const VideoIndexerOptions& options, LockedArchive& archive, ArchiveVideo video,
               VideoReader reader)
      : options_(options),
        archive_(archive),
        video_(std::move(video)),
        reader_(std::move(reader)) {}

  Status prepare(std::shared_ptr<Encoder> encoder);
  Status restore(const std::string& state);
  Status go_back();
  bool is_sampled(int64_t number) const;
  Result<std::vector<Detection>> detect(const VideoFrame& frame);
  Status replay(const VideoFrame& frame);
  Status analyze(const VideoFrame& frame);
  Result<bool> take_frame();
  Status check_end() const;
  std::string state() const;
  Status commit();

  const VideoIndexerOptions options_;
  LockedArchive& archive_;
  ArchiveVideo video_;
  VideoReader reader_;
  std::unique_ptr<Analyzer> analyzer_;
  Proposer proposer_;  // null: motion_
  EpochMotion motion_;
  std::unique_ptr<ViewPicker> picker_;
  ArchiveStep step_;         // since the last commit
  int64_t last_number_ = 0;  // of the frame that was analysed last
  cv::Mat last_rgb_;
  std::string first_digest_;  // of the pixels of the first frame that has to be looked at again
  // While going on from a commit:
  bool replaying_ = false;      // frames up to last_number_ are looked at again
  int64_t first_number_ = 1;    // from here on
  std::string analyzer_state_;  // taken up after them
};

}  // namespace deepstack
