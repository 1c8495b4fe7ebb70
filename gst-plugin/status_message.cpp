#include "gst-plugin/status_message.h"

#include <memory>

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

void post(GstElement* element, GstMessageType type, GQuark domain, int code, const Status& status) {
  gst_element_message_full(element, type, domain, code, g_strdup(status.message().c_str()), nullptr,
                           __FILE__, __func__, __LINE__);
}

}  // namespace

void post_error(GstElement* element, const Status& status) {
  switch (status.code()) {
    case StatusCode::kNotFound:
      return post(element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                  status);
    case StatusCode::kCorrupt:
      return post(element, GST_MESSAGE_ERROR, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, status);
    case StatusCode::kInvalid:
      return post(element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
                  status);
    default:
      return post(element, GST_MESSAGE_ERROR, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT, status);
  }
}

void post_warning(GstElement* element, const Status& status) {
  if (status.code() == StatusCode::kExhausted) {
    post(element, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
         status);
  } else {
    post(element, GST_MESSAGE_WARNING, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, status);
  }
}

std::function<void(const Status&)> warning_while_alive(GstElement* element) {
  const std::shared_ptr<GWeakRef> weak(new GWeakRef, [](GWeakRef* ref) {
    g_weak_ref_clear(ref);
    delete ref;
  });
  g_weak_ref_init(weak.get(), element);
  return [weak](const Status& status) {
    const GstRef<GstElement> alive(static_cast<GstElement*>(g_weak_ref_get(weak.get())));
    if (alive != nullptr) post_warning(alive.get(), status);
  };
}

}  // namespace deepstack::gst
