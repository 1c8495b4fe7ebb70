// StatsMessages: the element's counters on the bus, once a second, for applications that do not
// poll the property `stats`: element messages with that structure. A clock's thread posts them, so
// that neither the video nor a sink that blocks has a say.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>

namespace deepstack::gst {

class StatsMessages {
 public:
  // Makes the structure of a message; called by the clock's thread while the element is alive.
  using Make = std::function<GstStructure*(GstElement*)>;

  // The element outlives this.
  StatsMessages(GstElement* element, Make make) : element_(element), make_(std::move(make)) {}
  ~StatsMessages() { stop(); }
  StatsMessages(const StatsMessages&) = delete;
  StatsMessages& operator=(const StatsMessages&) = delete;

  bool enabled() const { return *enabled_; }
  void set_enabled(bool enabled) { *enabled_ = enabled; }  // at any time

  // State changes. A message that is being posted when it stops is still posted.
  void start();
  void stop();

 private:
  GstElement* const element_;
  const Make make_;
  const std::shared_ptr<std::atomic<bool>> enabled_ = std::make_shared<std::atomic<bool>>(true);
  GstClockID timer_ = nullptr;
};

}  // namespace deepstack::gst
