#include "gst-plugin/event_messages.h"

#include <optional>
#include <string_view>

namespace deepstack::gst {

void EventMessages::post(const EventLine& line) {
  if (!enabled_ || line.event == std::string_view("update")) return;
  const std::optional<uint64_t> skipped = budget_.take(clock_->now_ns());
  if (!skipped) return;
  GstStructure* fields =
      gst_structure_new("deepstack-event", "event", G_TYPE_STRING, line.event, "json",
                        G_TYPE_STRING, line.json.c_str(), "running-time", G_TYPE_UINT64,
                        static_cast<guint64>(line.time_ns < 0 ? 0 : line.time_ns), "skipped",
                        G_TYPE_UINT64, static_cast<guint64>(*skipped), nullptr);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT(element_), fields));
}

}  // namespace deepstack::gst
