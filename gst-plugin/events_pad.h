// EventsPad: the request pad `events` of an element, while somebody has requested it, and the task
// that takes lines from the stream and pushes them there. The task runs with or without the pad:
// lines that nobody wants are taken and thrown away, so that the worker is never held up.
//
// The task alone pushes STREAM_START, CAPS, SEGMENT, GAP, lines and EOS; a sink that waits there in
// preroll therefore holds up nobody else. FLUSH events come from the thread that brings them.
// A failure downstream is counted and reported once; it is no business of the video.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "core/stream.h"
#include "gst-plugin/event_messages.h"
#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {

class EventsPad {
 public:
  // The element outlives this.
  explicit EventsPad(GstElement* element);
  ~EventsPad();  // REQUIRES: closed
  EventsPad(const EventsPad&) = delete;
  EventsPad& operator=(const EventsPad&) = delete;

  // Application threads. request: null when the pad is taken already.
  GstPad* request(GstPadTemplate* pad_template);
  void release(GstPad* pad);

  // State changes: the task's stream begins; the pads are about to be deactivated (waits in here
  // end); they are, so that the task can be joined. REQUIRES: the stream is cancelled by then.
  // format: of the caps, a literal.
  void open(std::shared_ptr<Stream> stream, const char* format);
  void interrupt();
  void close();

  // Streaming thread: a STREAM_START came; data is about to come.
  void begin_stream(std::optional<guint> group_id);
  void start();

  // Streaming thread, at the end: whether EOS went out before the timeout.
  bool wait_until_ended(std::chrono::milliseconds timeout);

  // Streaming thread: begins anew after EOS. REQUIRES: wait_until_ended() was true.
  void restart();

  // Any thread; streaming thread. REQUIRES: the stream is cancelled. The task stands still between
  // the return of flush_stop() and start().
  void flush_start();
  void flush_stop(bool reset_time);

  bool interrupted() const;  // flushing, or shutting down
  bool delivers() const;     // somebody is linked and takes lines
  uint64_t undelivered() const;

  EventMessages& messages() { return messages_; }
  const EventMessages& messages() const { return messages_; }

 private:
  static void run(gpointer self);
  void iterate();
  void settle();
  GstRef<GstPad> pad_with_header();
  void push_header(GstPad* pad, std::optional<guint> group_id);
  void push_gap(GstPad* pad);
  void push_line(const EventLine& line);
  void push_eos();
  void account(GstFlowReturn flow);
  GstRef<GstPad> current_pad() const;

  GstElement* const element_;
  EventMessages messages_;
  std::shared_ptr<Stream> stream_;  // between open() and close()
  const char* format_ = "";         // of its lines
  GstRef<GstTask> task_;
  GRecMutex task_lock_;      // held by the task while it iterates
  int64_t position_ns_ = 0;  // task: running time of the last line

  // A leaf: nothing of GStreamer or core is called with it held.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  GstRef<GstPad> pad_;  // from here on guarded by mutex_
  std::optional<guint> group_id_;
  bool start_due_ = true;    // STREAM_START and CAPS have to be sent
  bool segment_due_ = true;  // SEGMENT and the first GAP have to be sent
  bool interrupted_ = false;
  bool ended_ = false;
  bool failed_ = false;  // downstream refuses; nothing is pushed any more
  bool warned_ = false;
  uint64_t undelivered_ = 0;
};

}  // namespace deepstack::gst
