#include "gst-plugin/stats_messages.h"

#include <utility>

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

// What the timer needs when the element may be gone.
struct Tick {
  GWeakRef element;
  StatsMessages::Make make;
  std::shared_ptr<std::atomic<bool>> enabled;
};

gboolean post(GstClock* /*clock*/, GstClockTime /*time*/, GstClockID /*id*/, gpointer data) {
  auto* tick = static_cast<Tick*>(data);
  if (!*tick->enabled) return TRUE;
  const GstRef<GstElement> element(static_cast<GstElement*>(g_weak_ref_get(&tick->element)));
  if (element == nullptr) return TRUE;
  gst_element_post_message(
      element.get(), gst_message_new_element(GST_OBJECT(element.get()), tick->make(element.get())));
  return TRUE;
}

void forget(gpointer data) {
  auto* tick = static_cast<Tick*>(data);
  g_weak_ref_clear(&tick->element);
  delete tick;
}

}  // namespace

void StatsMessages::start() {
  stop();
  auto* tick = new Tick{{}, make_, enabled_};
  g_weak_ref_init(&tick->element, element_);
  const GstRef<GstClock> clock(gst_system_clock_obtain());
  timer_ = gst_clock_new_periodic_id(clock.get(), gst_clock_get_time(clock.get()) + GST_SECOND,
                                     GST_SECOND);
  gst_clock_id_wait_async(timer_, post, tick, forget);
}

void StatsMessages::stop() {
  if (timer_ == nullptr) return;
  gst_clock_id_unschedule(timer_);
  gst_clock_id_unref(std::exchange(timer_, nullptr));
}

}  // namespace deepstack::gst
