#include "core/stream.h"

#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "core/analyzer.h"
#include "core/event/event_converter.h"
#include "core/event/event_tags.h"
#include "core/exhausted.h"
#include "core/frame/rgb_image.h"
#include "core/identity/uuid.h"
#include "core/metrics/stream_metrics.h"
#include "core/sampler.h"
#include "core/time/timeline.h"
#include "core/time/utc_map.h"
#include "core/timed_encoder.h"

namespace deepstack {
namespace {

constexpr size_t kMaxQueuedLines = 4096;
constexpr size_t kMaxQueuedBytes = 16 << 20;
// Jitter buffers and queues before the element are shorter; a longer wait is a wrong time stamp.
constexpr int64_t kLongestWaitNs = 60 * kNanosPerSecond;

double milliseconds(int64_t ns) { return static_cast<double>(ns) / 1e6; }

}  // namespace

class Stream::Worker {
 public:
  Worker(const Settings& settings, std::unique_ptr<Analyzer> analyzer,
         std::shared_ptr<TimedEncoder> encoder, EventSource source,
         std::shared_ptr<const Clock> clock, WarningCallback on_warning, TimingCallback on_timing)
      : settings_(settings),
        analyzer_(std::move(analyzer)),
        encoder_(std::move(encoder)),
        clock_(std::move(clock)),
        on_warning_(std::move(on_warning)),
        on_timing_(std::move(on_timing)),
        converter_(make_event_converter(settings.schema)),
        source_(std::move(source)),
        sampler_(settings.inference_interval, settings.inference_rate_numerator,
                 settings.inference_rate_denominator) {}

  void stop() {
    // Released after the lock, as in offer().
    std::optional<Job> discarded;
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    discarded = std::move(mailbox_);
    mailbox_.reset();
    events_.cancel();
    changed_.notify_all();
  }

  void set_live(bool live) {
    {
      const std::lock_guard lock(mutex_);
      live_ = live;
    }
    const std::lock_guard lock(telling_);
    source_.live = live;
  }

  void set_video(VideoFormat video) {
    auto shared = std::make_shared<const VideoFormat>(std::move(video));
    const std::lock_guard lock(mutex_);
    video_ = std::move(shared);
  }

  std::optional<MediaTime> sample(std::optional<int64_t> running_time_ns,
                                  const TimeOfDay& time_of_day) {
    const std::lock_guard lock(mutex_);
    ++stats_.frames_in;
    last_frame_ns_ = clock_->now_ns();
    const MediaTime time = timeline_.stamp(
        running_time_ns, live_ ? std::optional(clock_->now_ns()) : std::nullopt);
    if (timeline_.restarted()) utc_map_.restart();
    utc_map_.observe(time.ns, time_of_day.reference, arrival_unix_ns(time_of_day));
    last_stamp_ = time;
    sampled_utc_ = utc_map_.at(time.ns);
    if (!sampler_.take(time)) return std::nullopt;
    ++stats_.frames_sampled;
    sampled_ = time;
    return time;
  }

  bool offer(StreamFrame frame) {
    // What is replaced is released after the lock: giving a buffer back may call into the pipeline.
    std::optional<Job> replaced;
    std::unique_lock lock(mutex_);
    if (never_drops()) {
      changed_.wait(lock, [this] { return cancelled_ || stopping_ || !mailbox_; });
    }
    if (cancelled_ || stopping_ || ended_) return false;
    if (mailbox_) {
      ++stats_.frames_dropped;
      replaced = std::move(mailbox_);
    }
    mailbox_ = Job{std::move(frame), sampled_utc_,     static_cast<int64_t>(stats_.frames_in),
                   generation_,      clock_->now_ns(), video_};
    changed_.notify_all();
    return true;
  }

  void skip(int64_t until_running_time_ns) {
    std::unique_lock lock(mutex_);
    if (never_drops()) changed_.wait(lock, [this] { return cancelled_ || stopping_ || !gap_; });
    if (cancelled_ || stopping_ || ended_) return;
    const std::optional<MediaTime> time = timeline_.skip(until_running_time_ns);
    if (!time) return;
    gap_ = Gap{*time, utc_map_.at(time->ns), generation_, clock_->now_ns()};
    changed_.notify_all();
  }

  void report(const CameraReport& camera) {
    Event event;
    event.kind = camera.back ? EventKind::kCameraBack : EventKind::kCameraLost;
    event.camera = camera;
    uint64_t generation = 0;
    {
      const std::lock_guard lock(mutex_);
      event.frame.time = last_stamp_;
      event.frame.utc = sampled_utc_;
      generation = generation_;
    }
    publish_one(event, clock_->now_ns(), EventQueue::WhenFull::kDrop, generation);
  }

  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    events_.cancel();
    changed_.notify_all();
  }

  void resume() {
    const std::lock_guard lock(mutex_);
    cancelled_ = false;
    events_.resume();
  }

  void flush() {
    std::optional<Job> discarded;
    const std::lock_guard lock(mutex_);
    discarded = discard();
    ended_ = false;
    finish_wanted_ = false;
    timeline_.restart();
    events_.clear(generation_);
    changed_.notify_all();
  }

  bool end(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    ended_ = true;
    finish_wanted_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, timeout,
                             [this] { return cancelled_ || stopping_ || !finish_wanted_; }) &&
           !finish_wanted_;
  }

  void give_up() {
    std::optional<Job> discarded;
    Event stats;
    uint64_t generation = 0;
    {
      const std::lock_guard lock(mutex_);
      discarded = discard();
      generation = generation_;
      ended_ = true;
      finish_wanted_ = false;
      stats = final_stats(sampled_, utc_map_.at(sampled_.ns));
      changed_.notify_all();
    }
    publish_one(stats, clock_->now_ns(), EventQueue::WhenFull::kDrop, generation);
    events_.finish();
  }

  std::shared_ptr<const FrameResult> latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

  std::shared_ptr<const FrameResult> result_of(MediaTime time) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cancelled_ || stopping_ || (!mailbox_ && !busy_with_); });
    return latest_ != nullptr && latest_->time == time ? latest_ : nullptr;
  }

  EventQueue::Taken next(std::chrono::milliseconds timeout) { return events_.take(timeout); }

  StreamStats stats() const {
    const std::lock_guard lock(mutex_);
    StreamStats stats = stats_;
    stats.events_dropped = events_.dropped() + events_untold_;
    stats.events_queued = events_.size();
    stats.frames_waiting = mailbox_ ? 1 : 0;
    if (last_frame_ns_) stats.last_frame_age_ns = clock_->now_ns() - *last_frame_ns_;
    const std::lock_guard telling(telling_);
    stats.values_replaced = converter_->replaced();
    return stats;
  }

  const ModelInfo& model() const { return encoder_->info(); }

  // The worker's thread.
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return stopping_ || mailbox_ || gap_ || finish_wanted_; });
      if (stopping_) return;
      if (gap_is_next()) {
        const Gap gap = *std::exchange(gap_, std::nullopt);
        changed_.notify_all();
        lock.unlock();
        const Status status = unless_out_of_memory([&]() -> Status {
          age(gap);
          return {};
        });
        if (!status.ok()) fail(status, gap.generation);
        lock.lock();
      } else if (mailbox_) {
        std::optional<Job> job = std::exchange(mailbox_, std::nullopt);
        busy_with_ = job->generation;
        changed_.notify_all();
        lock.unlock();
        const Status status = unless_out_of_memory([&] { return analyse(*job); });
        if (!status.ok()) fail(status, job->generation);
        job.reset();
        lock.lock();
        busy_with_.reset();
      } else {
        finish(lock);
      }
      changed_.notify_all();
    }
  }

 private:
  struct Job {
    StreamFrame frame;
    UtcTime utc;
    int64_t number;      // of the frame in the stream, from 1
    uint64_t generation;
    int64_t arrived_ns;
    std::shared_ptr<const VideoFormat> video;  // null: nobody said
  };
  // No frames until this time.
  struct Gap {
    MediaTime time;
    UtcTime utc;
    uint64_t generation;
    int64_t arrived_ns;
  };

  // By this machine's clock, of a live stream. A time stamp that is not believed says nothing.
  std::optional<int64_t> arrival_unix_ns(const TimeOfDay& time_of_day) const {
    if (!live_ || timeline_.doubted()) return std::nullopt;
    const int64_t waited_ns = time_of_day.waited_ns.value_or(0);
    const bool plausible = waited_ns >= 0 && waited_ns <= kLongestWaitNs;
    return std::llround(clock_->unix_s() * 1e9) - (plausible ? waited_ns : 0);
  }

  // A frame in the mailbox may have come before the gap or after it.
  bool gap_is_next() const {
    if (!gap_ || !mailbox_) return gap_.has_value();
    const MediaTime& frame = mailbox_->frame.time;
    return gap_->time.timeline < frame.timeline ||
           (gap_->time.timeline == frame.timeline && gap_->time.ns < frame.ns);
  }

  bool never_drops() const {
    return settings_.drop_policy == DropPolicy::kNever ||
           (settings_.drop_policy == DropPolicy::kAuto && !live_);
  }

  // Lock held: what is under way is of the past.
  std::optional<Job> discard() {
    if (mailbox_) ++stats_.frames_dropped;
    if (busy_with_ == generation_) ++stats_.frames_dropped;
    std::optional<Job> discarded = std::move(mailbox_);
    mailbox_.reset();
    gap_.reset();
    latest_.reset();
    ++generation_;
    return discarded;
  }

  // Once for a row of failures: a GPU that is gone fails thirty times a second.
  void fail(const Status& status, uint64_t generation) {
    {
      const std::lock_guard lock(mutex_);
      if (generation == generation_) ++stats_.frames_failed;  // else counted as dropped
      if (stopping_) return;
    }
    if (std::exchange(failing_, status.code()) != status.code()) on_warning_(status);
  }

  void age(const Gap& gap) {
    last_time_ = gap.time;
    last_utc_ = gap.utc;
    std::vector<Event> events = analyzer_->skip(gap.time, gap.utc);
    publish(events, gap.arrived_ns, gap.generation);
    const std::lock_guard lock(mutex_);
    stats_.tracks = analyzer_->track_count();
  }

  Status analyse(Job& job) {
    const int64_t began_ns = clock_->now_ns();
    encoder_->take_work();
    Result<AnalyzerResult> result = analyse_frame(job);
    if (!result.ok()) return result.status();
    failing_ = StatusCode::kOk;
    warn_of_store();
    tell_change(job, result->events);
    publish(result->events, job.arrived_ns, job.generation);
    std::shared_ptr<const FrameResult> found;
    if (settings_.attach_meta != AttachMeta::kNone) found = frame_result(job, *result);
    const FrameTiming timing = timing_of(job, began_ns);
    if (on_timing_) on_timing_(job.frame.pts_ns, timing);
    const std::lock_guard lock(mutex_);
    if (job.generation != generation_) return {};  // counted as dropped
    if (found != nullptr) latest_ = std::move(found);
    stats_.timing = timing;
    stats_.infer.observe(timing.infer_ms / 1e3);
    stats_.match.observe(timing.post_ms / 1e3);
    ++stats_.frames_analysed;
    stats_.tracks = analyzer_->track_count();
    stats_.average_depth = analyzer_->average_depth();
    stats_.gallery = analyzer_->gallery().stats();
    stats_.inference_ms = milliseconds(clock_->now_ns() - began_ns);
    return {};
  }

  // A frame without boxes is not seen by the model: all of its time was spent before.
  FrameTiming timing_of(const Job& job, int64_t began_ns) const {
    const int64_t now_ns = clock_->now_ns();
    const TimedEncoder::Work work =
        encoder_->take_work().value_or(TimedEncoder::Work{now_ns, now_ns});
    return {milliseconds(began_ns - job.arrived_ns), milliseconds(work.began_ns - began_ns),
            milliseconds(work.ended_ns - work.began_ns), milliseconds(now_ns - work.ended_ns)};
  }

  // In front of what was found in the first frame that is different.
  void tell_change(const Job& job, std::vector<Event>& events) {
    if (job.video == nullptr || job.video == told_video_) return;
    if (told_video_ != nullptr && *job.video != *told_video_) {
      Event changed;
      changed.kind = EventKind::kStreamChanged;
      changed.frame = {.width = job.video->width,
                       .height = job.video->height,
                       .time = job.frame.time,
                       .pts_ns = job.frame.pts_ns};
      changed.video = *job.video;
      events.insert(events.begin(), std::move(changed));
    }
    told_video_ = job.video;
  }

  std::shared_ptr<const FrameResult> frame_result(const Job& job, AnalyzerResult& result) const {
    auto found = std::make_shared<FrameResult>(
        FrameResult{job.frame.time, width_, height_, std::move(result.objects)});
    std::erase_if(found->objects, [](const ObservedObject& object) { return !object.confirmed; });
    return found;
  }

  // The gallery goes on in memory when its store cannot be written; told once, until it can again.
  void warn_of_store() {
    const Status status = analyzer_->gallery().store_status();
    if (std::exchange(store_failing_, !status.ok()) || status.ok()) return;
    on_warning_(status);
  }

  // The adapter for what OpenCV throws while a frame is on its way.
  Result<AnalyzerResult> analyse_frame(Job& job) try {
    Result<FrameView> view = job.frame.lease->view();
    if (!view.ok()) return view.status();
    Result<cv::Mat> rgb = to_rgb(*view);
    job.frame.lease.reset();
    if (!rgb.ok()) return rgb.status();
    last_time_ = job.frame.time;
    width_ = rgb->cols;
    height_ = rgb->rows;
    last_utc_ = job.utc;
    return analyzer_->analyze({.rgb = *rgb,
                               .time = job.frame.time,
                               .utc = job.utc,
                               .pts_ns = job.frame.pts_ns,
                               .number = job.number,
                               .upstream =
                                   job.frame.has_detections ? &job.frame.detections : nullptr});
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& error) {
    return internal(std::string("a frame could not be analysed: ") + error.what());
  }

  void publish(std::vector<Event>& events, int64_t arrived_ns, uint64_t generation) {
    EventQueue::WhenFull when_full = EventQueue::WhenFull::kDrop;
    {
      const std::lock_guard lock(mutex_);
      if (generation != generation_) return;  // of before a flush
      if (never_drops()) when_full = EventQueue::WhenFull::kWait;
    }
    for (Event& event : events) {
      // The queue looks at the generation once more: a flush may come in between.
      publish_one(event, arrived_ns, when_full, generation);
    }
  }

  // An event that memory runs out for is lost, and counted; those after it are told.
  void publish_one(Event& event, int64_t arrived_ns, EventQueue::WhenFull when_full,
                   uint64_t generation) {
    event.frame.age_ms = milliseconds(clock_->now_ns() - arrived_ns);
    uint64_t queued_lines = 0;
    const Status status = unless_out_of_memory([&]() -> Status {
      Result<std::vector<EventText>> texts = convert(event);
      if (!texts.ok()) return texts.status();
      for (EventText& text : *texts) {
        const bool queued = events_.put({std::move(text.json), event.frame.time.ns, text.expendable,
                                         generation, event_name(event.kind)},
                                        when_full);
        queued_lines += queued ? 1 : 0;
      }
      return {};
    });
    bool warns = false;
    {
      const std::lock_guard lock(mutex_);
      stats_.events += queued_lines;
      if (!status.ok()) ++events_untold_;
      warns = !std::exchange(cannot_tell_, !status.ok()) && !status.ok() && !stopping_;
    }
    if (warns) on_warning_(status);
  }

  Result<std::vector<EventText>> convert(Event& event) {
    const std::lock_guard lock(telling_);
    event.number = ++events_told_;
    return converter_->convert(event, source_);
  }

  void finish(std::unique_lock<std::mutex>& lock) {
    const uint64_t generation = generation_;
    Event stats = final_stats(last_time_, last_utc_);
    lock.unlock();
    const Status status = unless_out_of_memory([&]() -> Status {
      std::vector<Event> events = analyzer_->finish();
      events.push_back(std::move(stats));
      publish(events, clock_->now_ns(), generation);
      return {};
    });
    if (!status.ok()) fail(status, generation);
    lock.lock();
    if (generation != generation_) return;
    events_.finish();
    finish_wanted_ = false;
  }

  // Lock held.
  Event final_stats(MediaTime time, const UtcTime& utc) const {
    Event stats;
    stats.kind = EventKind::kStats;
    stats.frame.time = time;
    stats.frame.utc = utc;
    stats.counters = {{"frames_in", stats_.frames_in},
                      {"frames_sampled", stats_.frames_sampled},
                      {"frames_analysed", stats_.frames_analysed},
                      {"frames_dropped", stats_.frames_dropped},
                      {"frames_failed", stats_.frames_failed},
                      {"identities", stats_.gallery.identities}};
    return stats;
  }

  const Settings settings_;
  const std::unique_ptr<Analyzer> analyzer_;  // worker thread only
  const std::shared_ptr<TimedEncoder> encoder_;  // the analyzer's
  const std::shared_ptr<const Clock> clock_;
  const WarningCallback on_warning_;
  const TimingCallback on_timing_;
  MediaTime last_time_;                       // worker thread only
  UtcTime last_utc_;                          // worker thread only
  StatusCode failing_ = StatusCode::kOk;      // worker thread only: why the last frame failed
  bool store_failing_ = false;                // worker thread only
  int width_ = 0;                             // worker thread only: of the last frame
  int height_ = 0;                            // worker thread only
  std::shared_ptr<const VideoFormat> told_video_;  // worker thread only
  EventQueue events_{kMaxQueuedLines, kMaxQueuedBytes};

  // The converter goes by what it was told before, and the worker is not the only one to tell.
  mutable std::mutex telling_;  // a leaf; the next three
  const std::unique_ptr<EventConverter> converter_;
  EventSource source_;
  uint64_t events_told_ = 0;

  mutable std::mutex mutex_;  // everything below; before telling_
  mutable std::condition_variable changed_;
  Timeline timeline_;
  UtcMap utc_map_;
  MediaTime last_stamp_;  // of the newest frame
  UtcTime sampled_utc_;   // of the same
  Sampler sampler_;
  bool live_ = false;
  uint64_t events_untold_ = 0;  // for want of memory
  bool cannot_tell_ = false;    // the last one was
  std::shared_ptr<const VideoFormat> video_;
  std::shared_ptr<const FrameResult> latest_;
  MediaTime sampled_;  // the last time that sample() gave
  std::optional<Job> mailbox_;
  std::optional<uint64_t> busy_with_;  // generation of the frame that the worker is at
  std::optional<Gap> gap_;  // the latest; one before it is in it
  StreamStats stats_;
  std::optional<int64_t> last_frame_ns_;
  uint64_t generation_ = 0;
  bool cancelled_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  bool finish_wanted_ = false;
};

Stream::Stream(std::shared_ptr<Worker> worker, const std::string& camera)
    : worker_(std::move(worker)),
      thread_([work = worker_] { work->run(); }),
      metrics_(MetricsRegistry::process().add(
          camera, [work = worker_](MetricsPage& page, const std::string& name) {
            write_stream(page, name, work->stats(), work->model());
          })) {}

Stream::~Stream() {
  worker_->stop();
  thread_.leave(kClosePatience);
}

Result<std::unique_ptr<Stream>> Stream::open(const Settings& settings,
                                             std::shared_ptr<Encoder> encoder,
                                             std::shared_ptr<const Clock> clock,
                                             WarningCallback on_warning,
                                             TimingCallback on_timing) {
  auto timed = std::make_shared<TimedEncoder>(std::move(encoder), clock);
  Result<std::unique_ptr<Analyzer>> analyzer = Analyzer::create(settings, timed, clock);
  if (!analyzer.ok()) return analyzer.status();
  Result<std::string> tags = parse_tags(settings.tags);
  if (!tags.ok()) return tags.status();
  EventSource source{settings.source, false, timed->info().name, timed->info().sha256, random_uuid(),
                     *std::move(tags)};
  auto worker = std::make_shared<Worker>(settings, *std::move(analyzer), std::move(timed),
                                         std::move(source), std::move(clock),
                                         std::move(on_warning), std::move(on_timing));
  return std::unique_ptr<Stream>(new Stream(std::move(worker), settings.source));
}

void Stream::set_live(bool live) { worker_->set_live(live); }
void Stream::set_video(VideoFormat video) { worker_->set_video(std::move(video)); }
std::optional<MediaTime> Stream::sample(std::optional<int64_t> running_time_ns,
                                        const TimeOfDay& time_of_day) {
  return worker_->sample(running_time_ns, time_of_day);
}
void Stream::skip(int64_t until_running_time_ns) { worker_->skip(until_running_time_ns); }
bool Stream::offer(StreamFrame frame) { return worker_->offer(std::move(frame)); }
void Stream::report(const CameraReport& camera) { worker_->report(camera); }
void Stream::cancel() { worker_->cancel(); }
void Stream::resume() { worker_->resume(); }
void Stream::flush() { worker_->flush(); }
bool Stream::end(std::chrono::milliseconds timeout) { return worker_->end(timeout); }
void Stream::give_up() { worker_->give_up(); }
std::shared_ptr<const FrameResult> Stream::latest() const { return worker_->latest(); }
std::shared_ptr<const FrameResult> Stream::result_of(MediaTime time) const {
  return worker_->result_of(time);
}
EventQueue::Taken Stream::next(std::chrono::milliseconds timeout) { return worker_->next(timeout); }
StreamStats Stream::stats() const { return worker_->stats(); }

}  // namespace deepstack
