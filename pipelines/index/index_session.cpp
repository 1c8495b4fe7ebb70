#include "pipelines/index/index_session.h"

#include <algorithm>
#include <sstream>
#include <thread>

#include "core/exhausted.h"
#include "core/sha256.h"
#include "pipelines/index/content_hash.h"
#include "pipelines/index/recording_start.h"

namespace deepstack {
namespace {

// Raised when the same recording and settings would be stored otherwise than before.
constexpr int kResultVersion = 1;

Result<std::string> hash_of(const std::string& text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.finish();
}

bool is_about_the_video(StatusCode code) {
  return code == StatusCode::kCorrupt || code == StatusCode::kNotFound ||
         code == StatusCode::kInvalid;
}

double share_of(const ArchiveVideo& video, int64_t frames) {
  return video.frames > 0 ? static_cast<double>(frames) / static_cast<double>(video.frames) : 0;
}

}  // namespace

IndexSession::IndexSession(const IndexOptions& options, std::shared_ptr<Encoder> encoder,
                           LockedArchive& archive, IdentityLinker& linker, IndexProgress& progress)
    : options_(options),
      encoder_(std::move(encoder)),
      archive_(archive),
      linker_(linker),
      progress_(progress) {}

// Of all that the result depends on besides the recording itself; not of what it is called.
Result<std::string> IndexSession::settings_hash(const Settings& settings) const {
  const ModelInfo& model = encoder_->info();
  const std::string preprocessing =
      archive_.with([](ArchiveStore& archive) { return archive.model().preprocessing; });
  std::ostringstream text;
  text << kResultVersion << '|' << model.name << '|' << model.sha256 << '|' << preprocessing << '|'
       << model.precision << '|' << model.shape.levels << '|' << model.shape.rows << '|'
       << model.shape.columns << '|' << model.shape.width << '|' << settings.adaptive_depth << '|'
       << static_cast<int>(settings.proposals) << '|' << settings.object_class << '|'
       << settings.threshold << '|' << settings.reid_threshold << '|' << settings.track_max_age_ms
       << '|' << options_.sample_rate << '|' << options_.crops << '|';
  if (settings.proposals == ProposalSource::kFile) {
    const Result<std::string> detections = content_hash(settings.proposals_file);
    if (!detections.ok()) return detections.status();
    text << *detections;
  }
  return hash_of(text.str());
}

Result<IndexSession::Place> IndexSession::fail(const Recording& recording,
                                               const std::string& content,
                                               const std::string& settings,
                                               const std::string& why) {
  // What cannot even be read is known by its path.
  const Result<std::string> of_path = hash_of("path " + recording.path.string());
  if (!of_path.ok()) return of_path.status();
  ArchiveVideo failed;
  failed.camera = recording.camera;
  failed.path = recording.path.string();
  failed.content_hash = content.empty() ? *of_path : content;
  failed.settings_hash = settings;
  failed.start_source = "none";
  failed.status = VideoStatus::kFailed;
  failed.error = why;
  Status status = archive_.with([&](ArchiveStore& archive) -> Status {
    const auto known = archive.find_video(failed.content_hash, settings);
    if (!known.ok()) return known.status();
    if (*known) {
      if (Status removed = archive.remove_video((*known)->id); !removed.ok()) return removed;
    }
    return archive.add(failed).status();
  });
  if (!status.ok()) return status;
  {
    const std::lock_guard lock(mutex_);
    ++summary_.failed;
  }
  progress_.end(recording, IndexProgress::End::kFailed, why);
  return Place{.over = true, .analysed = std::nullopt};
}

Result<ArchiveVideo> IndexSession::known_or_added(const Recording& recording,
                                                  const VideoReader& reader,
                                                  const std::string& content,
                                                  const std::string& settings) {
  ArchiveVideo video;
  video.camera = recording.camera;
  video.path = recording.path.string();
  video.content_hash = content;
  video.settings_hash = settings;
  video.fps = reader.fps();
  video.frames = reader.frames();
  video.width = reader.width();
  video.height = reader.height();
  video.duration_s = static_cast<double>(video.frames) / video.fps;
  if (options_.start.empty()) {
    const Result<RecordingStart> start = recording_start(recording.path, video.duration_s);
    if (!start.ok()) return start.status();
    video.start_ns = start->unix_ns;
    video.start_source = start->source;
  } else {
    const Result<int64_t> start = parse_start(options_.start);
    if (!start.ok()) return start.status();
    video.start_ns = *start;
    video.start_source = "option";
  }
  return archive_.with([&](ArchiveStore& archive) { return archive.add(video); });
}

Result<IndexSession::Place> IndexSession::analyse(const Recording& recording,
                                                  const VideoIndexerOptions& options,
                                                  const std::string& content,
                                                  const std::string& settings,
                                                  const std::atomic<bool>& stop) {
  Result<VideoReader> reader = VideoReader::open(recording.path, {});
  if (!reader.ok()) return fail(recording, content, settings, reader.status().message());
  Result<ArchiveVideo> video = known_or_added(recording, *reader, content, settings);
  if (!video.ok()) return video.status();
  progress_.begin(recording, share_of(*video, video->resume_frame));
  // Where it lies now, whatever it was called before.
  video->path = recording.path.string();
  Result<std::unique_ptr<VideoIndexer>> indexer =
      VideoIndexer::create(options, encoder_, archive_, *std::move(video), *std::move(reader));
  Status status = indexer.status();
  if (indexer.ok()) {
    const ArchiveVideo& at_work = (*indexer)->video();
    status = (*indexer)->run(
        stop, [&](int64_t frames) { progress_.advance(recording, share_of(at_work, frames)); });
  }
  if (is_about_the_video(status.code())) {
    return fail(recording, content, settings, status.message());
  }
  if (!status.ok()) return status;
  return Place{.over = true, .analysed = (*indexer)->video()};
}

Result<IndexSession::Place> IndexSession::leave_out(const Recording& recording,
                                                    const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    ++summary_.known;
  }
  progress_.end(recording, IndexProgress::End::kSkipped, why);
  return Place{.over = true, .analysed = std::nullopt};
}

// Who comes second with the same content leaves it to the first.
bool IndexSession::claim(const std::string& hashes) {
  const std::lock_guard lock(mutex_);
  return claimed_.insert(hashes).second;
}

Result<IndexSession::Place> IndexSession::take(const Recording& recording,
                                               const std::atomic<bool>& stop) {
  VideoIndexerOptions options{options_.settings, options_.sample_rate, options_.crops};
  if (!options_.detections.empty()) {
    options.settings.proposals = ProposalSource::kFile;
    options.settings.proposals_file =
        (std::filesystem::path(options_.detections) / recording.path.stem()).string() + ".txt";
  }
  const Result<std::string> settings = settings_hash(options.settings);
  if (!settings.ok()) {
    if (!is_about_the_video(settings.status().code())) return settings.status();
    return fail(recording, "", "", settings.status().message());
  }
  const Result<std::string> content = content_hash(recording.path);
  if (!content.ok()) return fail(recording, "", *settings, content.status().message());
  if (!claim(*content + *settings)) {
    return leave_out(recording, "has the same content as another one of these");
  }
  Result<std::optional<ArchiveVideo>> known =
      archive_.with([&](ArchiveStore& archive) { return archive.find_video(*content, *settings); });
  if (!known.ok()) return known.status();
  if (*known && (*known)->status == VideoStatus::kDone) {
    const bool same = (*known)->path == recording.path.string();
    return leave_out(recording, same ? "is indexed already"
                                     : "has the same content as " + (*known)->path +
                                           ", which is indexed already");
  }
  if (*known && (*known)->status == VideoStatus::kAnalysed) {
    progress_.begin(recording, 1);
    return Place{.over = true, .analysed = **known};
  }
  // The same content would fail again.
  if (*known && (*known)->status == VideoStatus::kFailed && !options_.retry) {
    return fail(recording, *content, *settings, (*known)->error);
  }
  return analyse(recording, options, *content, *settings, stop);
}

// People are looked up in the order of the recordings, whichever was analysed first: so the answers
// do not depend on how fast a worker was.
Status IndexSession::settle(size_t index, Place place) {
  const std::lock_guard lock(mutex_);
  places_[index] = std::move(place);
  for (; settled_ < places_.size() && places_[settled_].over; ++settled_) {
    std::optional<ArchiveVideo>& analysed = places_[settled_].analysed;
    if (!analysed) continue;
    Status status =
        archive_.with([&](ArchiveStore& archive) { return linker_.link(archive, *analysed); });
    if (!status.ok()) return status;
    analysed.reset();
    ++summary_.done;
  }
  return {};
}

void IndexSession::work(const std::vector<Recording>& recordings, const std::atomic<bool>& stop) {
  for (;;) {
    const size_t index = next_++;
    if (index >= recordings.size() || stop) return;
    {
      const std::lock_guard lock(mutex_);
      if (!status_.ok()) return;
    }
    Result<Place> place =
        unless_out_of_memory([&]() -> Result<Place> { return take(recordings[index], stop); });
    const bool analysed = place.ok() && place->analysed.has_value();
    Status status = place.ok() ? settle(index, *std::move(place)) : place.status();
    if (status.ok()) {
      if (analysed) progress_.end(recordings[index], IndexProgress::End::kDone, "");
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
    return;
  }
}

Status IndexSession::run(const std::vector<Recording>& recordings, const std::atomic<bool>& stop) {
  places_.resize(recordings.size());
  std::vector<std::thread> workers;
  const size_t jobs = std::min(static_cast<size_t>(options_.jobs), recordings.size());
  for (size_t i = 0; i < jobs; ++i) {
    workers.emplace_back([&] { work(recordings, stop); });
  }
  for (std::thread& worker : workers) worker.join();
  if (!status_.ok()) return status_;
  return stop ? Status(StatusCode::kCancelled, "stopped") : Status();
}

IndexSummary IndexSession::summary() const {
  const std::lock_guard lock(mutex_);
  return summary_;
}

}  // namespace deepstack
