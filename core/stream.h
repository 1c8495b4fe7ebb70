// Stream: one camera or file under analysis. Frames are offered by the streaming thread, analysed one
// at a time by a worker thread of the stream's own, and leave as JSON lines that a third thread takes.
//
//   streaming thread   sample() -> offer(), skip() ... end()      never waits for the model when live
//   worker thread      frame -> RGB copy -> lease returned -> Analyzer -> EventQueue
//   events thread      next() until it says kFinished
//
// Between the first two stands a mailbox of one frame. DropPolicy::kOldest replaces the frame in it
// (and counts it); kNever makes offer() wait for room, so that nothing of a file is left out.
// Lock order: mailbox mutex, then those of converter and event queue; none is held while calling out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/encoder.h"
#include "core/event/event.h"
#include "core/event/event_queue.h"
#include "core/event/frame_result.h"
#include "core/frame/detection.h"
#include "core/frame/frame_lease.h"
#include "core/frame/video_format.h"
#include "core/identity/gallery_stats.h"
#include "core/leavable_thread.h"
#include "core/metrics/duration_histogram.h"
#include "core/metrics/metrics_registry.h"
#include "core/settings.h"
#include "core/time/clock.h"
#include "core/time/media_time.h"
#include "core/time/utc_time.h"

namespace deepstack {

struct StreamFrame {
  MediaTime time;                     // as sample() gave it
  int64_t pts_ns = -1;                // the buffer's own time stamp; -1 when it has none
  std::vector<Detection> detections;  // boxes that came with the frame (proposals auto, upstream)
  bool has_detections = false;        // the frame was looked at upstream, with or without result
  std::unique_ptr<FrameLease> lease;
};

// What is known of a frame's time besides its running time.
struct TimeOfDay {
  std::optional<UtcReference> reference = {};  // what its sender wrote on it
  std::optional<int64_t> waited_ns = {};       // since it came, by the clock of its running time
};

// Where the time of an analysed frame went.
struct FrameTiming {
  double queue_ms = 0;  // waited for the model
  double pre_ms = 0;    // mapping, copy, proposals
  double infer_ms = 0;  // the model
  double post_ms = 0;   // tracks, identities, events
};

// Counters of a stream since it was opened; never reset.
struct StreamStats {
  uint64_t frames_in = 0;        // seen by sample()
  uint64_t frames_sampled = 0;   // chosen by sample()
  uint64_t frames_analysed = 0;
  uint64_t frames_dropped = 0;   // replaced in the mailbox, or discarded by flush() or give_up()
  uint64_t frames_failed = 0;    // could not be mapped, converted or encoded
  uint64_t events = 0;           // lines that were put into the queue
  uint64_t events_dropped = 0;   // updates that found the queue full, or memory ran out
  uint64_t values_replaced = 0;  // texts and numbers that JSON cannot have, written as something else
  uint64_t events_queued = 0;    // wait to be taken now
  uint64_t frames_waiting = 0;   // for the model, now
  std::optional<int64_t> last_frame_age_ns = {};  // since a frame came; none: none came
  uint64_t tracks = 0;           // alive now
  double average_depth = 1;      // share of the tower's blocks run for a detection
  GalleryStats gallery;          // after the last frame; of all streams that share it
  double inference_ms = 0;       // last frame: copy, proposals, tower, match
  FrameTiming timing;            // of the last frame
  DurationHistogram infer;       // FrameTiming::infer_ms, post_ms of all frames
  DurationHistogram match;
};

class Stream {
 public:
  // Told from the worker thread when frames begin to fail (a bad frame, the model out of memory), not
  // for each that does. Owns what it uses: a worker that was left (see ~Stream) may be just calling.
  using WarningCallback = std::function<void(const Status&)>;

  // Told from the worker thread after each frame: its time stamp (-1: none) and where the time went.
  // Owns what it uses, as WarningCallback.
  using TimingCallback = std::function<void(int64_t pts_ns, const FrameTiming&)>;

  // Validates settings and starts the worker. live: the policy that kAuto stands for.
  static Result<std::unique_ptr<Stream>> open(const Settings& settings,
                                              std::shared_ptr<Encoder> encoder,
                                              std::shared_ptr<const Clock> clock,
                                              WarningCallback on_warning,
                                              TimingCallback on_timing = nullptr);

  // How long a stream that closes waits for the frame that the model is at.
  static constexpr std::chrono::milliseconds kClosePatience{100};

  // Stops the worker. One that the model keeps longer than kClosePatience is left to itself: it owns
  // what it uses, tells nobody, and ends when the model comes back.
  ~Stream();

  // Streaming thread: told whether the source is live, which decides drop-policy=auto.
  void set_live(bool live);

  // Streaming thread: what frames are from the next one on. Told as stream.changed when it differs.
  void set_video(VideoFormat video);

  // Streaming thread: the time of the next frame, if it is to be analysed. pts_ns: running time, or
  // nothing when the buffer has no time stamp. REQUIRES: called for every frame, in order, and
  // before offer() of the same.
  std::optional<MediaTime> sample(std::optional<int64_t> running_time_ns,
                                  const TimeOfDay& time_of_day = {});

  // Streaming thread: there are no frames before this running time (GAP). Tracks age, nothing is
  // looked at. In order with the frames; waits as offer() does when nothing may be dropped.
  void skip(int64_t until_running_time_ns);

  // Streaming thread: hands a sampled frame over. Waits for room only with DropPolicy::kNever, and
  // then not past cancel(). False when the frame was not taken (cancelled or ended).
  bool offer(StreamFrame frame);

  // Streaming thread, between frames: the camera went away or came back. Its line has the time of the
  // last frame, and never waits.
  void report(const CameraReport& camera);

  // Any thread: offer() and next() return at once and go on doing so until resume().
  void cancel();
  void resume();

  // Streaming thread: forgets frames and events that are under way and begins a new timeline (seek).
  void flush();

  // Streaming thread: no more frames. Ends the tracks once the last frame is analysed. Waits for
  // that until the timeout; false when it passed or cancel() came first.
  bool end(std::chrono::milliseconds timeout);

  // Streaming thread, when end() timed out: what is not analysed by now is dropped, and next() says
  // so in a last `stats` line and then kFinished, whatever the model does.
  void give_up();

  // Any thread; with attach_meta only. latest: what was found last since the last flush, or null.
  // result_of: what was found in the frame that was offered last, at this time; waits for it, not
  // past cancel(); null when there is nothing.
  std::shared_ptr<const FrameResult> latest() const;
  std::shared_ptr<const FrameResult> result_of(MediaTime time) const;

  // Events thread: the next line, or why there is none; waits at most until the timeout.
  EventQueue::Taken next(std::chrono::milliseconds timeout);

  StreamStats stats() const;

 private:
  class Worker;
  Stream(std::shared_ptr<Worker> worker, const std::string& camera);
  const std::shared_ptr<Worker> worker_;
  LeavableThread thread_;
  MetricsRegistry::Registration metrics_;  // of the process, under settings.source
};

}  // namespace deepstack
