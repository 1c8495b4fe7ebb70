#include "pipelines/index/video_indexer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/sha256.h"

namespace deepstack {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kCommitAfter = std::chrono::milliseconds(500);
constexpr uint32_t kStateVersion = 1;
constexpr double kWholeShare = 0.95;  // of the frames that a file says it has
constexpr int64_t kFewFrames = 5;

// Of the pixels, to tell whether a frame is the very one.
std::string digest_of(const cv::Mat& rgb) {
  Sha256 hash;
  for (int row = 0; row < rgb.rows; ++row) {
    hash.add(rgb.ptr(row), static_cast<size_t>(rgb.cols) * rgb.elemSize());
  }
  Result<std::string> digest = hash.finish();
  return digest.ok() ? *digest : std::string();
}

Status damaged(const ArchiveVideo& video) {
  return corrupt(video.path +
                 ": what is stored of how far it was indexed is damaged; remove the "
                 "video from the store to begin anew");
}

}  // namespace

Result<std::unique_ptr<VideoIndexer>> VideoIndexer::create(const VideoIndexerOptions& options,
                                                           std::shared_ptr<Encoder> encoder,
                                                           LockedArchive& archive,
                                                           ArchiveVideo video, VideoReader reader) {
  std::unique_ptr<VideoIndexer> indexer(
      new VideoIndexer(options, archive, std::move(video), std::move(reader)));
  if (Status status = indexer->prepare(std::move(encoder)); !status.ok()) return status;
  return indexer;
}

Status VideoIndexer::prepare(std::shared_ptr<Encoder> encoder) {
  if (options_.settings.proposals != ProposalSource::kMotion) {
    Result<Proposer> proposer = make_proposer(options_.settings);
    if (!proposer.ok()) return proposer.status();
    proposer_ = *std::move(proposer);
  }
  picker_ = std::make_unique<ViewPicker>(
      ViewPicker::Options{.shape = encoder->info().shape,
                          .start_s = video_.start_s(),
                          .max_age_ns = int64_t{options_.settings.track_max_age_ms} * 1'000'000,
                          .crops = options_.crops});
  // Who somebody is, is decided when all of the video was seen: see IdentityLinker.
  Settings settings = options_.settings;
  settings.proposals = ProposalSource::kUpstream;
  settings.gallery_mode = GalleryMode::kOff;
  Result<std::unique_ptr<Analyzer>> analyzer = Analyzer::create(settings, std::move(encoder));
  if (!analyzer.ok()) return analyzer.status();
  analyzer_ = *std::move(analyzer);
  if (video_.resume_frame == 0) return {};
  const Result<std::string> state =
      archive_.with([&](ArchiveStore& archive) { return archive.resume_state(video_.id); });
  if (!state.ok()) return state.status();
  if (Status status = restore(*state); !status.ok()) return status;
  return go_back();
}

Status VideoIndexer::restore(const std::string& state) {
  ByteReader from(state);
  if (from.get<uint32_t>() != kStateVersion) return damaged(video_);
  from.get(last_number_);
  from.get(first_number_);
  from.get(first_digest_);
  const bool sound = motion_.restore(from) && picker_->restore(from);
  from.get(analyzer_state_);
  if (!sound || !from.done() || first_number_ < 1 || last_number_ < first_number_ ||
      last_number_ > video_.resume_frame) {
    return damaged(video_);
  }
  replaying_ = true;
  return {};
}

// To the first frame that has to be seen again. Where a file does not lead to the very frame, all
// before it are decoded.
Status VideoIndexer::go_back() {
  if (first_number_ == 1) return {};
  if (reader_.go_to(first_number_)) {
    const Result<std::optional<VideoFrame>> frame = reader_.next();
    if (frame.ok() && *frame && digest_of((*frame)->rgb) == first_digest_) return replay(**frame);
  }
  Result<VideoReader> reopened = VideoReader::open(video_.path, {});
  if (!reopened.ok()) return reopened.status();
  reader_ = *std::move(reopened);
  while (reader_.next_number() < first_number_) {
    const Result<bool> skipped = reader_.skip();
    if (!skipped.ok()) return skipped.status();
    if (!*skipped) return corrupt(video_.path + ": has fewer frames than it had before");
  }
  return {};
}

// By where the frame and the one before it are in the video, not by what was sampled before.
bool VideoIndexer::is_sampled(int64_t number) const {
  if (options_.sample_rate <= 0 || number == 1) return true;
  const double a_frame = options_.sample_rate / reader_.fps();
  return std::floor(static_cast<double>(number - 1) * a_frame) !=
         std::floor(static_cast<double>(number - 2) * a_frame);
}

Result<std::vector<Detection>> VideoIndexer::detect(const VideoFrame& frame) {
  const double seconds = to_seconds(frame.time_ns);
  if (proposer_) return proposer_({frame.rgb, frame.number, seconds, nullptr});
  return motion_.look(frame.rgb, frame.number, seconds);
}

// A frame that was analysed before the last commit: only what cannot be stored is made again.
Status VideoIndexer::replay(const VideoFrame& frame) {
  if (!proposer_) {
    const Result<std::vector<Detection>> detections = detect(frame);
    if (!detections.ok()) return detections.status();
  }
  if (frame.number < last_number_) return {};
  ByteReader from(analyzer_state_);
  if (!analyzer_->restore(from, frame.rgb) || !from.done()) return damaged(video_);
  analyzer_state_.clear();
  last_rgb_ = frame.rgb;
  replaying_ = false;
  return {};
}

Status VideoIndexer::analyze(const VideoFrame& frame) {
  const Result<std::vector<Detection>> detections = detect(frame);
  if (!detections.ok()) return detections.status();
  if (!proposer_ && motion_.first_frame() == frame.number) first_digest_ = digest_of(frame.rgb);
  const Result<AnalyzerResult> result = analyzer_->analyze({.rgb = frame.rgb,
                                                            .time = {0, frame.time_ns},
                                                            .pts_ns = frame.time_ns,
                                                            .number = frame.number,
                                                            .upstream = &*detections});
  if (!result.ok()) return result.status();
  picker_->add(frame.time_ns, frame.rgb, result->objects, result->views, step_);
  picker_->age(frame.time_ns, step_);
  last_number_ = frame.number;
  last_rgb_ = frame.rgb;
  return {};
}

// One frame. False at the end of the video.
Result<bool> VideoIndexer::take_frame() {
  const int64_t number = reader_.next_number();
  if (!is_sampled(number)) {
    Result<bool> skipped = reader_.skip();
    if (!skipped.ok() || !*skipped) return skipped;
  } else {
    const Result<std::optional<VideoFrame>> frame = reader_.next();
    if (!frame.ok()) return frame.status();
    if (!*frame) return false;
    Status status = replaying_ ? replay(**frame) : analyze(**frame);
    if (!status.ok()) return status;
  }
  video_.resume_frame = std::max(video_.resume_frame, number);
  return true;
}

Status VideoIndexer::check_end() const {
  const int64_t taken = reader_.next_number() - 1;
  if (replaying_ || taken < video_.resume_frame) {
    return corrupt(video_.path + ": has fewer frames than it had before");
  }
  const bool whole = static_cast<double>(taken) >= kWholeShare * static_cast<double>(video_.frames);
  if (whole || taken + kFewFrames >= video_.frames) return {};
  return corrupt(video_.path + ": is cut off or damaged: frame " + std::to_string(taken) +
                 " is the last that can be decoded, it says it has " +
                 std::to_string(video_.frames));
}

Status VideoIndexer::run(const std::atomic<bool>& stop, const Progress& progress) {
  Steady::time_point due = Steady::now() + kCommitAfter;
  for (;;) {
    if (stop) {
      Status status = replaying_ ? Status() : commit();
      return status.ok() ? Status(StatusCode::kCancelled, "stopped") : status;
    }
    const Result<bool> taken = take_frame();
    if (!taken.ok()) return taken.status();
    if (!*taken) break;
    progress(reader_.next_number() - 1);
    if (replaying_ || Steady::now() < due) continue;
    if (Status status = commit(); !status.ok()) return status;
    due = Steady::now() + kCommitAfter;
  }
  if (Status status = check_end(); !status.ok()) return status;
  picker_->end_all(step_);
  video_.frames = reader_.next_number() - 1;
  video_.duration_s = static_cast<double>(video_.frames) / reader_.fps();
  video_.status = VideoStatus::kAnalysed;
  return commit();
}

std::string VideoIndexer::state() const {
  ByteWriter to;
  to.put(kStateVersion);
  to.put(last_number_);
  to.put(proposer_ ? last_number_ : motion_.first_frame());
  to.put(proposer_ ? digest_of(last_rgb_) : first_digest_);
  motion_.save(to);
  picker_->save(to);
  ByteWriter analyzer;
  analyzer_->save(analyzer);
  to.put(analyzer.take());
  return to.take();
}

Status VideoIndexer::commit() {
  const bool running = video_.status != VideoStatus::kAnalysed;
  if (running) video_.status = VideoStatus::kRunning;
  step_.video = video_;
  step_.resume_state = running && last_number_ > 0 ? state() : "";
  Status status = archive_.with([&](ArchiveStore& archive) { return archive.commit(step_); });
  step_ = {};
  return status;
}

}  // namespace deepstack
