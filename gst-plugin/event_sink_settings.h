// The properties of `deepstackeventsink`, as they were set.
#pragma once

#include <gst/gst.h>

#include "core/publish/publish_settings.h"

namespace deepstack::gst {

struct EventSinkSettings {
  PublishSettings publishing;
  guint drain_timeout_ms = 2000;
};

// Installs the properties with ids from 1 on; returns the first id that is free.
guint install_event_sink_settings(GObjectClass* object_class);

// False when there is no such property. uri is shown without credentials, user-pw not at all.
bool set_event_sink_setting(EventSinkSettings& settings, guint id, const GValue* value);
bool get_event_sink_setting(const EventSinkSettings& settings, guint id, GValue* value);

}  // namespace deepstack::gst
