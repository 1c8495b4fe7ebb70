// WatchedCamera: one input of `deepstack watch`, a pipeline of its own, so that nothing that
// happens to it reaches the others:
//
//   deepstackcamerasrc ! videoconvert ! deepstack name=d   d.src ! fakesink   d.events ! lines
//
// Made, used and told by one thread, whose default main context must run: bus messages come there.
// The lines are written by the events task of the element. Changes of state that may take long
// (stopping a camera that does not answer) are done by threads of GStreamer's.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/status.h"
#include "pipelines/watch/camera_status.h"
#include "pipelines/watch/gst_owned.h"
#include "pipelines/watch/line_output.h"
#include "pipelines/watch/watch_options.h"

namespace deepstack {

class WatchedCamera {
 public:
  struct Callbacks {
    std::function<void()> on_change;                     // status() has another state
    std::function<void(const std::string&)> on_warning;  // one line without secrets
  };

  // Of the input of this number. output outlives it.
  static Result<std::unique_ptr<WatchedCamera>> create(const WatchOptions& options, size_t number,
                                                       LineOutput& output, Callbacks callbacks);
  ~WatchedCamera();  // stops the pipeline; waits for it
  WatchedCamera(const WatchedCamera&) = delete;
  WatchedCamera& operator=(const WatchedCamera&) = delete;

  void start();

  // No more video; what came before it is analysed and written, open tracks end. Then, or after an
  // error or the end of a file, it is over and its pipeline stopped.
  void drain();

  // At once, whatever is under way; a state change that hangs is not waited for.
  void stop();

  // Nothing of it runs any more.
  bool stopped() const { return stopped_; }

  // With the newest counters.
  const CameraStatus& refresh();

 private:
  WatchedCamera(const WatchOptions& options, size_t number, LineOutput& output,
                Callbacks callbacks);
  Status build(GstElement* source, const WatchOptions& options);
  static gboolean on_message(GstBus* bus, GstMessage* message, gpointer self);
  static void on_line(GstElement* sink, GstBuffer* buffer, GstPad* pad, gpointer self);
  void on_error(GstMessage* message);
  void on_warning(GstMessage* message);
  void on_camera_message(const GstStructure* fields);
  void change(WatchState state, std::string reason);

  const std::string place_;  // a file's path, which errors name; "" for a URI
  LineOutput& output_;
  const Callbacks callbacks_;
  Owned<GstElement> pipeline_;
  GstElement* analyser_ = nullptr;  // owned by the pipeline
  CameraStatus status_;
  std::string cut_short_;  // why a drain lost events; "" when it did not
  std::atomic<uint64_t> lines_ = 0;   // the events task counts
  std::atomic<bool> closed_ = false;  // nothing of the source passes any more
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace deepstack
