#include "core/stream.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "core/analyzer.h"
#include "core/event/event_json.h"
#include "core/frame/rgb_image.h"
#include "core/sampler.h"
#include "core/time/timeline.h"

namespace deepstack {
namespace {

constexpr size_t kMaxQueuedLines = 4096;
constexpr size_t kMaxQueuedBytes = 16 << 20;

double milliseconds(int64_t ns) { return static_cast<double>(ns) / 1e6; }

}  // namespace

class Stream::Worker {
 public:
  Worker(const Settings& settings, std::unique_ptr<Analyzer> analyzer,
         std::shared_ptr<const Clock> clock, WarningCallback on_warning)
      : settings_(settings),
        analyzer_(std::move(analyzer)),
        clock_(std::move(clock)),
        on_warning_(std::move(on_warning)),
        sampler_(settings.inference_interval, settings.inference_rate_numerator,
                 settings.inference_rate_denominator),
        source_{settings.source, false},
        thread_([this] { run(); }) {}

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      mailbox_.reset();
      changed_.notify_all();
    }
    events_.cancel();
    thread_.join();
  }

  void set_live(bool live) {
    const std::lock_guard lock(mutex_);
    source_.live = live;
  }

  std::optional<MediaTime> sample(std::optional<int64_t> running_time_ns) {
    const std::lock_guard lock(mutex_);
    ++stats_.frames_in;
    const MediaTime time = timeline_.stamp(running_time_ns);
    if (!sampler_.take(time)) return std::nullopt;
    ++stats_.frames_sampled;
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
    mailbox_ = Job{std::move(frame), static_cast<int64_t>(stats_.frames_in), generation_,
                   clock_->now_ns()};
    changed_.notify_all();
    return true;
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
    if (mailbox_) ++stats_.frames_dropped;
    discarded = std::move(mailbox_);
    mailbox_.reset();
    ++generation_;
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

  EventQueue::Taken next(std::chrono::milliseconds timeout) { return events_.take(timeout); }

  StreamStats stats() const {
    const std::lock_guard lock(mutex_);
    StreamStats stats = stats_;
    stats.events_dropped = events_.dropped();
    return stats;
  }

 private:
  struct Job {
    StreamFrame frame;
    int64_t number;      // of the frame in the stream, from 1
    uint64_t generation;
    int64_t arrived_ns;
  };

  bool never_drops() const {
    return settings_.drop_policy == DropPolicy::kNever ||
           (settings_.drop_policy == DropPolicy::kAuto && !source_.live);
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return stopping_ || mailbox_ || finish_wanted_; });
      if (stopping_) return;
      if (mailbox_) {
        Job job = *std::move(mailbox_);
        mailbox_.reset();
        changed_.notify_all();
        lock.unlock();
        analyse(std::move(job));
        lock.lock();
      } else {
        finish(lock);
      }
      changed_.notify_all();
    }
  }

  void analyse(Job job) {
    const int64_t began_ns = clock_->now_ns();
    Result<AnalyzerResult> result = analyse_frame(job);
    if (!result.ok()) {
      {
        const std::lock_guard lock(mutex_);
        ++stats_.frames_failed;
      }
      // Once for a row of failures: a GPU that is gone fails thirty times a second.
      if (std::exchange(failing_, result.status().code()) != result.status().code()) {
        on_warning_(result.status());
      }
      return;
    }
    failing_ = StatusCode::kOk;
    warn_of_store();
    publish(result->events, job.arrived_ns, job.generation);
    const std::lock_guard lock(mutex_);
    ++stats_.frames_analysed;
    stats_.tracks = analyzer_->track_count();
    stats_.average_depth = analyzer_->average_depth();
    stats_.gallery = analyzer_->gallery().stats();
    stats_.inference_ms = milliseconds(clock_->now_ns() - began_ns);
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
    return analyzer_->analyze({.rgb = *rgb,
                               .time = job.frame.time,
                               .pts_ns = job.frame.pts_ns,
                               .number = job.number,
                               .upstream =
                                   job.frame.has_detections ? &job.frame.detections : nullptr});
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory while analysing a frame");
  } catch (const std::exception& error) {
    return internal(std::string("a frame could not be analysed: ") + error.what());
  }

  void publish(std::vector<Event>& events, int64_t arrived_ns, uint64_t generation) {
    EventSource source;
    EventQueue::WhenFull when_full = EventQueue::WhenFull::kDrop;
    {
      const std::lock_guard lock(mutex_);
      if (generation != generation_) return;  // of before a flush
      source = source_;
      if (never_drops()) when_full = EventQueue::WhenFull::kWait;
    }
    for (Event& event : events) {
      event.frame.age_ms = milliseconds(clock_->now_ns() - arrived_ns);
      const bool expendable =
          event.kind == EventKind::kUpdate || event.kind == EventKind::kStats;
      // The queue looks at the generation once more: a flush may come in between.
      events_.put({to_json(event, source), event.frame.time.ns, expendable, generation}, when_full);
    }
  }

  void finish(std::unique_lock<std::mutex>& lock) {
    const uint64_t generation = generation_;
    Event stats;
    stats.kind = EventKind::kStats;
    stats.frame.time = last_time_;
    stats.counters = {{"frames_in", stats_.frames_in},
                      {"frames_sampled", stats_.frames_sampled},
                      {"frames_analysed", stats_.frames_analysed},
                      {"frames_dropped", stats_.frames_dropped},
                      {"frames_failed", stats_.frames_failed},
                      {"identities", stats_.gallery.identities}};
    lock.unlock();
    std::vector<Event> events = analyzer_->finish();
    events.push_back(std::move(stats));
    publish(events, clock_->now_ns(), generation);
    lock.lock();
    if (generation != generation_) return;
    events_.finish();
    finish_wanted_ = false;
  }

  const Settings settings_;
  const std::unique_ptr<Analyzer> analyzer_;  // worker thread only
  const std::shared_ptr<const Clock> clock_;
  const WarningCallback on_warning_;
  MediaTime last_time_;                       // worker thread only
  StatusCode failing_ = StatusCode::kOk;      // worker thread only: why the last frame failed
  bool store_failing_ = false;                // worker thread only
  EventQueue events_{kMaxQueuedLines, kMaxQueuedBytes};

  mutable std::mutex mutex_;  // everything below
  std::condition_variable changed_;
  Timeline timeline_;
  Sampler sampler_;
  EventSource source_;
  std::optional<Job> mailbox_;
  StreamStats stats_;
  uint64_t generation_ = 0;
  bool cancelled_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  bool finish_wanted_ = false;
  std::thread thread_;  // last: it uses all of the above
};

Stream::Stream(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Stream::~Stream() = default;

Result<std::unique_ptr<Stream>> Stream::open(const Settings& settings,
                                             std::shared_ptr<Encoder> encoder,
                                             std::shared_ptr<const Clock> clock,
                                             WarningCallback on_warning) {
  Result<std::unique_ptr<Analyzer>> analyzer =
      Analyzer::create(settings, std::move(encoder), clock);
  if (!analyzer.ok()) return analyzer.status();
  return std::unique_ptr<Stream>(new Stream(std::make_unique<Worker>(
      settings, *std::move(analyzer), std::move(clock), std::move(on_warning))));
}

void Stream::set_live(bool live) { worker_->set_live(live); }
std::optional<MediaTime> Stream::sample(std::optional<int64_t> running_time_ns) {
  return worker_->sample(running_time_ns);
}
bool Stream::offer(StreamFrame frame) { return worker_->offer(std::move(frame)); }
void Stream::cancel() { worker_->cancel(); }
void Stream::resume() { worker_->resume(); }
void Stream::flush() { worker_->flush(); }
bool Stream::end(std::chrono::milliseconds timeout) { return worker_->end(timeout); }
EventQueue::Taken Stream::next(std::chrono::milliseconds timeout) { return worker_->next(timeout); }
StreamStats Stream::stats() const { return worker_->stats(); }

}  // namespace deepstack
