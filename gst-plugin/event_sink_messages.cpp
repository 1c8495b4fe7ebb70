#include "gst-plugin/event_sink_messages.h"

#include <memory>
#include <string>

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

std::string event_name(const PublishNotice& notice) {
  switch (notice.kind) {
    case PublishNotice::Kind::kState:
      return std::string("sink.") + publish_state_name(notice.state);
    case PublishNotice::Kind::kDropped:
      return "sink.dropped";
    case PublishNotice::Kind::kLeft:
      return "sink.left";
    case PublishNotice::Kind::kSetAside:
      return "sink.set-aside";
  }
  return "";
}

GstStructure* notice_structure(const PublishNotice& notice, const PublishStats& stats) {
  return gst_structure_new("deepstack-sink", "event", G_TYPE_STRING, event_name(notice).c_str(),
                           "state", G_TYPE_STRING, publish_state_name(notice.state), "reason",
                           G_TYPE_STRING, notice.reason.c_str(), "lines", G_TYPE_UINT64,
                           guint64{notice.lines}, "uri", G_TYPE_STRING, stats.uri.c_str(),
                           "spooled", G_TYPE_UINT64, guint64{stats.spooled}, "dropped",
                           G_TYPE_UINT64, guint64{stats.dropped}, nullptr);
}

}  // namespace

Publication::OnNotice post_notices(GstElement* element) {
  const std::shared_ptr<GWeakRef> weak(new GWeakRef, [](GWeakRef* ref) {
    g_weak_ref_clear(ref);
    delete ref;
  });
  g_weak_ref_init(weak.get(), element);
  return [weak](const PublishNotice& notice, const PublishStats& stats) {
    const GstRef<GstElement> alive(static_cast<GstElement*>(g_weak_ref_get(weak.get())));
    if (alive == nullptr) return;
    gst_element_post_message(alive.get(), gst_message_new_element(GST_OBJECT(alive.get()),
                                                                  notice_structure(notice, stats)));
  };
}

GstStructure* event_sink_stats(const PublishStats& stats) {
  return gst_structure_new(
      "deepstack-sink-stats", "state", G_TYPE_STRING, publish_state_name(stats.state), "uri",
      G_TYPE_STRING, stats.uri.c_str(), "last-error", G_TYPE_STRING, stats.last_error.c_str(),
      "received", G_TYPE_UINT64, guint64{stats.received}, "recovered", G_TYPE_UINT64,
      guint64{stats.recovered}, "published", G_TYPE_UINT64, guint64{stats.published}, "rejected",
      G_TYPE_UINT64, guint64{stats.rejected}, "dropped", G_TYPE_UINT64, guint64{stats.dropped},
      "spooled", G_TYPE_UINT64, guint64{stats.spooled}, "spooled-bytes", G_TYPE_UINT64,
      guint64{stats.spooled_bytes}, "reconnects", G_TYPE_UINT64, guint64{stats.reconnects},
      "spool-errors", G_TYPE_UINT64, guint64{stats.spool_errors}, nullptr);
}

}  // namespace deepstack::gst
