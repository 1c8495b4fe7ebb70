#include "gst-plugin/deepstack_properties.h"

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include "gst-plugin/deepstack_enums.h"

namespace deepstack::gst {
namespace {

// What a row is stored in, with the limits that gst-inspect shows and GObject keeps; they are those
// of Settings::validate().
using Text = std::string Settings::*;

template <typename T>
struct Number {
  T Settings::*member;
  T lowest;
  T highest;
};

struct Fraction {
  int Settings::*numerator;
  int Settings::*denominator;
  int highest;
};

struct Choice {
  GType (*type)();
  int (*get)(const Settings&);
  void (*set)(Settings&, int);
};

template <auto member>
constexpr Choice choice(GType (*type)()) {
  using Enum = std::remove_cvref_t<decltype(std::declval<Settings>().*member)>;
  return {type, [](const Settings& settings) { return static_cast<int>(settings.*member); },
          [](Settings& settings, int value) { settings.*member = static_cast<Enum>(value); }};
}

using Switch = bool Settings::*;

using Field = std::variant<Text, Switch, Number<int>, Number<int64_t>, Number<float>, Number<double>,
                           Fraction, Choice>;

struct Property {
  const char* name;
  const char* nick;
  const char* blurb;
  Field field;
};

const std::array kAnalysis{
    Property{"model", "Model",
             "Folder with config.json and model.safetensors; empty = the default model",
             &Settings::model},
    Property{"head", "Head",
             "Folder of adapters and gate trained for the model; empty = the model's own",
             &Settings::head},
    Property{"precision", "Precision", "Number type that the model computes in",
             choice<&Settings::precision>(precision_type)},
    Property{"device", "Device",
             "Where the model runs: auto (a GPU when there is one), cpu, cuda or cuda:N",
             &Settings::device},
    Property{"inference-interval", "Inference interval",
             "Analyse every Nth frame, 1 = all; not used when inference-rate is set",
             Number<int>{&Settings::inference_interval, 1, 1'000'000}},
    Property{"inference-rate", "Inference rate",
             "Frames to analyse in a second of stream time; 0/1 = use inference-interval",
             Fraction{&Settings::inference_rate_numerator, &Settings::inference_rate_denominator,
                      1'000'000}},
    Property{"inference-region", "Inference region", "What the model looks at in one pass",
             choice<&Settings::inference_region>(inference_region_type)},
    Property{"batch-size", "Batch size", "Most crops of one frame in one pass of the model",
             Number<int>{&Settings::batch_size, 1, 1024}},
    Property{"adaptive-depth", "Adaptive depth",
             "Run deeper levels only where the shallow ones do not decide; see average-depth",
             &Settings::adaptive_depth},
    Property{"proposals", "Proposals", "Where the boxes to analyse come from",
             choice<&Settings::proposals>(proposal_source_type)},
    Property{"proposals-file", "Proposals file",
             "MOTChallenge det.txt with the boxes, for proposals=file", &Settings::proposals_file},
    Property{"object-class", "Object class", "Labels to analyse, separated by commas; empty = all",
             &Settings::object_class},
    Property{"threshold", "Threshold", "Detector score, 0..1, from which detections begin tracks",
             Number<float>{&Settings::threshold, 0, 1}},
    Property{"drop-policy", "Drop policy",
             "What happens to frames that come faster than the model takes them",
             choice<&Settings::drop_policy>(drop_policy_type)},
    Property{"drain-timeout", "Drain timeout",
             "Milliseconds that EOS waits for what is under way; -1 = 2000 when live, else 60000",
             Number<int>{&Settings::drain_timeout_ms, -1, 3'600'000}},
    Property{"attach-meta", "Attach meta",
             "Whether results go onto the frames as region-of-interest metas, too",
             choice<&Settings::attach_meta>(attach_meta_type)},
    Property{"track-max-age", "Track max age",
             "Milliseconds of stream time after which a track that is not seen ends",
             Number<int>{&Settings::track_max_age_ms, 1, 3'600'000}},
};

const std::array kIdentities{
    Property{"gallery-mode", "Gallery mode", "What is done with identities",
             choice<&Settings::gallery_mode>(gallery_mode_type)},
    Property{"gallery-id", "Gallery id",
             "Streams of a process that name the same gallery share it; empty = one of its own",
             &Settings::gallery_id},
    Property{"gallery-location", "Gallery location",
             "Folder that keeps the gallery beyond the process; empty = in memory only",
             &Settings::gallery_location},
    Property{"gallery-max-bytes", "Gallery max bytes",
             "Most memory for the features of identities, in bytes; the least recent go first",
             Number<int64_t>{&Settings::gallery_max_bytes, 64 << 10, int64_t{1} << 46}},
    Property{"gallery-ttl", "Gallery time to live",
             "Seconds after which an identity that is not seen is forgotten",
             Number<double>{&Settings::gallery_ttl_s, 1, 1e9}},
    Property{"reid-threshold", "Re-identification threshold",
             "Match probability, 0..1, from which an identity is taken to be the same",
             Number<float>{&Settings::reid_threshold, 0, 1}},
    Property{"source", "Source", "Name of the camera or file, written into every event",
             &Settings::source},
    Property{"schema", "Schema", "Whose JSON the lines of the pad events are; see docs/events.md",
             choice<&Settings::schema>(event_schema_type)},
    Property{"tags", "Tags",
             "JSON object put into every event of the schemas native and dlstreamer; at most 4096 "
             "bytes, empty = none",
             &Settings::tags},
    Property{"embeddings", "Embeddings",
             "Vectors of what objects look like, put into native events as 16-bit floats",
             choice<&Settings::embeddings>(embeddings_type)},
};

template <size_t first, size_t second>
std::array<Property, first + second> joined(const std::array<Property, first>& a,
                                            const std::array<Property, second>& b) {
  std::array<Property, first + second> rows{};
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), rows.begin()));
  return rows;
}

const auto kProperties = joined(kAnalysis, kIdentities);

constexpr auto kFlags =
    static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                             static_cast<int>(G_PARAM_STATIC_STRINGS) | GST_PARAM_MUTABLE_READY);

// Each overload set below says, for one kind of field, how it is described, read and written.

GParamSpec* describe(const Property& row, const Settings& defaults, Text text) {
  return g_param_spec_string(row.name, row.nick, row.blurb, (defaults.*text).c_str(), kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, Switch field) {
  return g_param_spec_boolean(row.name, row.nick, row.blurb, defaults.*field, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Number<int>& field) {
  return g_param_spec_int(row.name, row.nick, row.blurb, field.lowest, field.highest,
                          defaults.*field.member, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Number<int64_t>& field) {
  return g_param_spec_int64(row.name, row.nick, row.blurb, field.lowest, field.highest,
                            defaults.*field.member, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Number<float>& field) {
  return g_param_spec_float(row.name, row.nick, row.blurb, field.lowest, field.highest,
                            defaults.*field.member, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Number<double>& field) {
  return g_param_spec_double(row.name, row.nick, row.blurb, field.lowest, field.highest,
                             defaults.*field.member, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Fraction& field) {
  return gst_param_spec_fraction(row.name, row.nick, row.blurb, 0, 1, field.highest, 1,
                                 defaults.*field.numerator, defaults.*field.denominator, kFlags);
}
GParamSpec* describe(const Property& row, const Settings& defaults, const Choice& field) {
  return g_param_spec_enum(row.name, row.nick, row.blurb, field.type(), field.get(defaults),
                           kFlags);
}

void read(const Settings& settings, Text text, GValue* value) {
  g_value_set_string(value, (settings.*text).c_str());
}
void read(const Settings& settings, Switch field, GValue* value) {
  g_value_set_boolean(value, settings.*field ? TRUE : FALSE);
}
void read(const Settings& settings, const Number<int>& field, GValue* value) {
  g_value_set_int(value, settings.*field.member);
}
void read(const Settings& settings, const Number<int64_t>& field, GValue* value) {
  g_value_set_int64(value, settings.*field.member);
}
void read(const Settings& settings, const Number<float>& field, GValue* value) {
  g_value_set_float(value, settings.*field.member);
}
void read(const Settings& settings, const Number<double>& field, GValue* value) {
  g_value_set_double(value, settings.*field.member);
}
void read(const Settings& settings, const Fraction& field, GValue* value) {
  gst_value_set_fraction(value, settings.*field.numerator, settings.*field.denominator);
}
void read(const Settings& settings, const Choice& field, GValue* value) {
  g_value_set_enum(value, field.get(settings));
}

void write(Settings& settings, Text text, const GValue* value) {
  const char* string = g_value_get_string(value);
  settings.*text = string == nullptr ? "" : string;
}
void write(Settings& settings, Switch field, const GValue* value) {
  settings.*field = g_value_get_boolean(value) != FALSE;
}
void write(Settings& settings, const Number<int>& field, const GValue* value) {
  settings.*field.member = g_value_get_int(value);
}
void write(Settings& settings, const Number<int64_t>& field, const GValue* value) {
  settings.*field.member = g_value_get_int64(value);
}
void write(Settings& settings, const Number<float>& field, const GValue* value) {
  settings.*field.member = g_value_get_float(value);
}
void write(Settings& settings, const Number<double>& field, const GValue* value) {
  settings.*field.member = g_value_get_double(value);
}
void write(Settings& settings, const Fraction& field, const GValue* value) {
  settings.*field.numerator = gst_value_get_fraction_numerator(value);
  settings.*field.denominator = gst_value_get_fraction_denominator(value);
}
void write(Settings& settings, const Choice& field, const GValue* value) {
  field.set(settings, g_value_get_enum(value));
}

}  // namespace

guint install_settings(GObjectClass* object_class, guint first_id) {
  const Settings defaults;
  guint id = first_id;
  for (const Property& row : kProperties) {
    g_object_class_install_property(
        object_class, id++,
        std::visit([&](const auto& field) { return describe(row, defaults, field); }, row.field));
  }
  return id;
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const Property& row : kProperties) names.emplace_back(row.name);
  return names;
}

bool set_setting(Settings& settings, guint id, const GValue* value) {
  if (id >= kProperties.size()) return false;
  std::visit([&](const auto& field) { write(settings, field, value); }, kProperties[id].field);
  return true;
}

bool get_setting(const Settings& settings, guint id, GValue* value) {
  if (id >= kProperties.size()) return false;
  std::visit([&](const auto& field) { read(settings, field, value); }, kProperties[id].field);
  return true;
}

}  // namespace deepstack::gst
