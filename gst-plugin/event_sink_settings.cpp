#include "gst-plugin/event_sink_settings.h"

#include <array>
#include <string>

#include "core/camera/redact.h"

namespace deepstack::gst {
namespace {

constexpr GParamFlags flags(int access) {
  return static_cast<GParamFlags>(access | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
}

struct TextProperty {
  const char* name;
  const char* nick;
  const char* blurb;
  std::string PublishSettings::*field;
};
// Their ids are their places, from 1 on.
constexpr std::array<TextProperty, 9> kTexts{{
    {"uri", "URI",
     "Where events go: mqtt://host/topic, mqtts://..., kafka://host/topic, file:///path or - "
     "(stdout); topics may have {source} and {event}, paths {date} and {hour}. Shown without "
     "credentials",
     &PublishSettings::uri},
    {"user-id", "User", "User name at the broker", &PublishSettings::user_id},
    {"user-pw", "Password", "Password at the broker; cannot be read", &PublishSettings::user_pw},
    {"credentials-file", "Credentials file",
     "File of mode 0600 with a line user:password; a bare name is looked for in "
     "$CREDENTIALS_DIRECTORY first",
     &PublishSettings::credentials_file},
    {"ca-file", "CA file",
     "PEM file of who may have signed the broker's certificate; empty = the "
     "system's. With kafka:// it turns TLS on",
     &PublishSettings::ca_file},
    {"cert-file", "Certificate", "PEM file with the certificate of this client",
     &PublishSettings::cert_file},
    {"key-file", "Key", "PEM file with the key of that certificate", &PublishSettings::key_file},
    {"client-id", "Client id", "Name at the broker; empty = one at random",
     &PublishSettings::client_id},
    {"availability-topic", "Availability topic",
     "Where online and offline are retained (MQTT); empty = what all topics begin with, and "
     "availability",
     &PublishSettings::availability_topic},
}};

enum Property : guint {
  kPassword = 3,
  kSpoolLocation = kTexts.size() + 1,
  kSpoolMaxItems,
  kSpoolMaxBytes,
  kRotateBytes,
  kSyncInterval,
  kDrainTimeout,
  kFree,
};

void install_spool(GObjectClass* object_class, const PublishSettings& defaults, GParamFlags both) {
  g_object_class_install_property(
      object_class, kSpoolLocation,
      g_param_spec_string("spool-location", "Spool location",
                          "Folder that keeps what is not delivered beyond the process; empty = in "
                          "memory only. One sink at a time",
                          "", both));
  g_object_class_install_property(
      object_class, kSpoolMaxItems,
      g_param_spec_uint64("spool-max-items", "Spool max items",
                          "Most lines that wait; the oldest go, and are counted", 1, 10'000'000,
                          defaults.spool_max_items, both));
  g_object_class_install_property(
      object_class, kSpoolMaxBytes,
      g_param_spec_uint64("spool-max-bytes", "Spool max bytes",
                          "Most bytes that wait, in memory and on the disk", 65'536,
                          uint64_t{1} << 40U, defaults.spool_max_bytes, both));
}

void install_file(GObjectClass* object_class, const PublishSettings& defaults, GParamFlags both) {
  g_object_class_install_property(
      object_class, kRotateBytes,
      g_param_spec_uint64("rotate-bytes", "Rotate bytes",
                          "Bytes after which a file (file://) is followed by the next, name.1 and "
                          "so on; 0 = never",
                          0, uint64_t{1} << 50U, defaults.rotate_bytes, both));
  g_object_class_install_property(
      object_class, kSyncInterval,
      g_param_spec_int("sync-interval", "Sync interval",
                       "ms after which the disk has what was written to a file (file://), 0 = "
                       "before the next line, -1 = when the system likes",
                       -1, 3'600'000, defaults.sync_interval_ms, both));
}

}  // namespace

guint install_event_sink_settings(GObjectClass* object_class) {
  const EventSinkSettings defaults;
  const GParamFlags both = flags(G_PARAM_READWRITE);
  for (guint place = 0; place < kTexts.size(); ++place) {
    const TextProperty& text = kTexts[place];
    g_object_class_install_property(
        object_class, place + 1,
        g_param_spec_string(text.name, text.nick, text.blurb, "",
                            place + 1 == kPassword ? flags(G_PARAM_WRITABLE) : both));
  }
  install_spool(object_class, defaults.publishing, both);
  install_file(object_class, defaults.publishing, both);
  g_object_class_install_property(
      object_class, kDrainTimeout,
      g_param_spec_uint("drain-timeout", "Drain timeout",
                        "Most ms that EOS waits for what is not delivered yet", 0, 3'600'000,
                        defaults.drain_timeout_ms, both));
  return kFree;
}

bool set_event_sink_setting(EventSinkSettings& settings, guint id, const GValue* value) {
  PublishSettings& publishing = settings.publishing;
  if (id >= 1 && id <= kTexts.size()) {
    const gchar* text = g_value_get_string(value);
    publishing.*kTexts[id - 1].field = text == nullptr ? "" : text;
    return true;
  }
  switch (id) {
    case kSpoolLocation: {
      const gchar* text = g_value_get_string(value);
      publishing.spool_location = text == nullptr ? "" : text;
      return true;
    }
    case kSpoolMaxItems:
      publishing.spool_max_items = g_value_get_uint64(value);
      return true;
    case kSpoolMaxBytes:
      publishing.spool_max_bytes = g_value_get_uint64(value);
      return true;
    case kRotateBytes:
      publishing.rotate_bytes = g_value_get_uint64(value);
      return true;
    case kSyncInterval:
      publishing.sync_interval_ms = g_value_get_int(value);
      return true;
    case kDrainTimeout:
      settings.drain_timeout_ms = g_value_get_uint(value);
      return true;
    default:
      return false;
  }
}

bool get_event_sink_setting(const EventSinkSettings& settings, guint id, GValue* value) {
  const PublishSettings& publishing = settings.publishing;
  if (id == kPassword) return false;
  if (id >= 1 && id <= kTexts.size()) {
    const Redactor redactor({publishing.user_pw});
    g_value_set_string(value, redactor.apply(publishing.*kTexts[id - 1].field).c_str());
    return true;
  }
  switch (id) {
    case kSpoolLocation:
      g_value_set_string(value, publishing.spool_location.c_str());
      return true;
    case kSpoolMaxItems:
      g_value_set_uint64(value, publishing.spool_max_items);
      return true;
    case kSpoolMaxBytes:
      g_value_set_uint64(value, publishing.spool_max_bytes);
      return true;
    case kRotateBytes:
      g_value_set_uint64(value, publishing.rotate_bytes);
      return true;
    case kSyncInterval:
      g_value_set_int(value, publishing.sync_interval_ms);
      return true;
    case kDrainTimeout:
      g_value_set_uint(value, settings.drain_timeout_ms);
      return true;
    default:
      return false;
  }
}

}  // namespace deepstack::gst
