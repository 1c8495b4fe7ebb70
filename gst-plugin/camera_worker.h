// CameraWorker: the camera's own thread. It waits until something happens or until the deadline of
// CameraSupervisor, and makes and ends connections, so that no streaming thread has to. While there
// is none it knocks, and tells downstream once a second that time passes.
//
// Locks: mutex_ is a leaf; nothing of GStreamer is called with it held.
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/camera/supervisor.h"
#include "core/time/clock.h"
#include "core/time/rate_budget.h"
#include "gst-plugin/camera_connection.h"
#include "gst-plugin/camera_messages.h"
#include "gst-plugin/camera_settings.h"

namespace deepstack::gst {

class CameraWorker {
 public:
  // bin and gate outlive this. Does nothing until play().
  CameraWorker(GstBin* bin, GstElement* gate, CameraPlan plan);
  ~CameraWorker();  // REQUIRES: closed; by any thread
  CameraWorker(const CameraWorker&) = delete;
  CameraWorker& operator=(const CameraWorker&) = delete;

  bool live() const { return plan_.address.is_rtsp(); }

  // State changes.
  void play();
  void pause();
  void interrupt();
  // Waits for the connection to end. REQUIRES: interrupted, and gate's pads are inactive.
  void close() { thread_.join(); }

  // Streaming threads; see CameraGateCallbacks.
  GstEvent* on_frame();
  bool on_ended();
  void on_refused(GstFlowReturn flow);

  // Any thread: an error message of the connection.
  void on_error(GstMessage* message);

  // Any thread. The caller owns the structure, deepstack-camera-stats.
  GstStructure* stats() const;

 private:
  struct Fact {
    enum class Kind { kEnded, kFailed, kRefused };
    Kind kind = Kind::kEnded;
    CameraError error;
    GstFlowReturn flow = GST_FLOW_OK;
  };
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void iterate(Lock& lock);
  CameraStep digest(const Fact& fact, int64_t now_ns);
  void carry_out(Lock& lock, CameraStep step);
  void follow_state(Lock& lock);
  void disconnect(Lock& lock);
  CameraStep knock(Lock& lock);
  void tell(const CameraNotice& notice);
  void fail(const std::string& reason);
  void add(Fact fact);
  bool has_duration() const;

  GstBin* const bin_;
  GstElement* const gate_;
  const CameraPlan plan_;
  const std::string shown_uri_;
  const SteadyClock clock_;
  GCancellable* const knocking_;
  std::unique_ptr<CameraConnection> connection_;  // worker thread

  mutable std::mutex mutex_;  // everything below
  std::condition_variable changed_;
  CameraSupervisor supervisor_;
  RateBudget log_lines_{3, 60'000'000'000};  // a minute
  std::deque<Fact> facts_;  // of the connection; kMaxFacts at most, the first ones say why
  std::string last_reason_;
  std::optional<int64_t> waits_until_ns_;
  std::optional<int64_t> gap_at_ns_;
  bool begun_ = false;
  bool playing_ = false;         // what the connection was told
  bool playing_wanted_ = false;  // what it is to be told
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace deepstack::gst
