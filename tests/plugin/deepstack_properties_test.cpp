// Every property shows core's default, keeps what it is given, and refuses what core would refuse.
#include "gst-plugin/deepstack_properties.h"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

// Swallows and counts the warnings of GObject while it exists.
class GObjectWarnings {
 public:
  GObjectWarnings()
      : handler_(g_log_set_handler("GLib-GObject", G_LOG_LEVEL_WARNING, count, this)) {}
  ~GObjectWarnings() { g_log_remove_handler("GLib-GObject", handler_); }
  int seen() const { return seen_; }

 private:
  static void count(const gchar* /*domain*/, GLogLevelFlags /*level*/, const gchar* /*message*/,
                    gpointer self) {
    ++static_cast<GObjectWarnings*>(self)->seen_;
  }
  int seen_ = 0;
  guint handler_;
};

class Value {
 public:
  explicit Value(GType type) { g_value_init(&value_, type); }
  Value(const Value& other) : Value(G_VALUE_TYPE(&other.value_)) {
    g_value_copy(&other.value_, &value_);
  }
  Value& operator=(const Value&) = delete;
  ~Value() { g_value_unset(&value_); }
  GValue* get() { return &value_; }

 private:
  GValue value_ = G_VALUE_INIT;
};

struct Properties : testing::Test {
  Owned<GstElement> element = make_deepstack(std::make_shared<ScriptedEncoder>());

  std::vector<GParamSpec*> specs() const {
    guint count = 0;
    GParamSpec** all = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
    std::vector<GParamSpec*> ours;
    for (guint i = 0; i < count; ++i) {
      const bool writable = (all[i]->flags & G_PARAM_WRITABLE) != 0;
      if (all[i]->owner_type == GST_TYPE_DEEPSTACK && writable) ours.push_back(all[i]);
    }
    g_free(all);
    return ours;
  }

  void set(const GParamSpec* spec, Value value) {
    g_object_set_property(G_OBJECT(element.get()), spec->name, value.get());
  }
  Value current(const GParamSpec* spec) {
    Value value(spec->value_type);
    g_object_get_property(G_OBJECT(element.get()), spec->name, value.get());
    return value;
  }
  bool is_now(GParamSpec* spec, Value expected) {
    Value now = current(spec);
    return g_param_values_cmp(spec, now.get(), expected.get()) == 0;
  }
};

struct Limits {
  std::vector<Value> inside;   // lowest and highest, or every choice
  std::vector<Value> outside;  // just below and above
};

template <typename T, typename Setter>
void add_numbers(Limits& limits, GType type, Setter setter, T lowest, T highest, T below, T above) {
  for (const T number : {lowest, highest}) {
    setter(limits.inside.emplace_back(type).get(), number);
  }
  for (const T number : {below, above}) {
    setter(limits.outside.emplace_back(type).get(), number);
  }
}

void add_fractions(Limits& limits, const GstParamSpecFraction* fraction) {
  gst_value_set_fraction(limits.inside.emplace_back(GST_TYPE_FRACTION).get(), fraction->min_num,
                         fraction->min_den);
  gst_value_set_fraction(limits.inside.emplace_back(GST_TYPE_FRACTION).get(), 30000, 1001);
  gst_value_set_fraction(limits.inside.emplace_back(GST_TYPE_FRACTION).get(), fraction->max_num,
                         fraction->max_den);
  gst_value_set_fraction(limits.outside.emplace_back(GST_TYPE_FRACTION).get(), -1, 1);
  gst_value_set_fraction(limits.outside.emplace_back(GST_TYPE_FRACTION).get(),
                         fraction->max_num + 1, fraction->max_den);
}

void add_switch(Limits& limits) {
  for (const gboolean on : std::array<gboolean, 2>{TRUE, FALSE}) {
    g_value_set_boolean(limits.inside.emplace_back(G_TYPE_BOOLEAN).get(), on);
  }
}

void add_choices(Limits& limits, const GParamSpecEnum* choice) {
  for (guint i = 0; i < choice->enum_class->n_values; ++i) {
    g_value_set_enum(limits.inside.emplace_back(choice->parent_instance.value_type).get(),
                     choice->enum_class->values[i].value);
  }
  g_value_set_enum(limits.outside.emplace_back(choice->parent_instance.value_type).get(), 999);
}

Limits limits_of(GParamSpec* spec) {
  Limits limits;
  if (G_IS_PARAM_SPEC_INT(spec)) {
    const GParamSpecInt* number = G_PARAM_SPEC_INT(spec);
    add_numbers(limits, G_TYPE_INT, g_value_set_int, number->minimum, number->maximum,
                number->minimum - 1, number->maximum + 1);
  } else if (G_IS_PARAM_SPEC_INT64(spec)) {
    const GParamSpecInt64* number = G_PARAM_SPEC_INT64(spec);
    add_numbers(limits, G_TYPE_INT64, g_value_set_int64, number->minimum, number->maximum,
                number->minimum - 1, number->maximum + 1);
  } else if (G_IS_PARAM_SPEC_FLOAT(spec)) {
    const GParamSpecFloat* number = G_PARAM_SPEC_FLOAT(spec);
    add_numbers(limits, G_TYPE_FLOAT, g_value_set_float, number->minimum, number->maximum,
                number->minimum - 0.5F, number->maximum + 0.5F);
  } else if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    const GParamSpecDouble* number = G_PARAM_SPEC_DOUBLE(spec);
    add_numbers(limits, G_TYPE_DOUBLE, g_value_set_double, number->minimum, number->maximum,
                number->minimum - 0.5, 1.01 * number->maximum);  // GLib compares them as floats
  } else if (GST_IS_PARAM_SPEC_FRACTION(spec)) {
    add_fractions(limits, GST_PARAM_SPEC_FRACTION(spec));
  } else if (G_IS_PARAM_SPEC_BOOLEAN(spec)) {
    add_switch(limits);
  } else if (G_IS_PARAM_SPEC_ENUM(spec)) {
    add_choices(limits, G_PARAM_SPEC_ENUM(spec));
  }
  return limits;
}

TEST_F(Properties, AreTheOnesThatAreDocumented) {
  std::set<std::string> names;
  for (const GParamSpec* spec : specs()) names.insert(spec->name);
  EXPECT_EQ(names, (std::set<std::string>{
                       "model", "head", "precision", "device", "inference-interval", "inference-rate",
                       "inference-region", "batch-size", "adaptive-depth", "proposals",
                       "proposals-file", "object-class", "threshold", "drop-policy", "drain-timeout",
                       "attach-meta", "track-max-age", "gallery-mode", "gallery-id",
                       "gallery-location", "gallery-max-bytes", "gallery-ttl", "reid-threshold",
                       "source", "schema", "tags", "embeddings", "post-messages", "config-file",
                       "post-stats"}));
}

TEST_F(Properties, SayWhenTheyCount) {
  for (const GParamSpec* spec : specs()) {
    const bool at_once = std::string_view(spec->name).starts_with("post-");
    const unsigned when = at_once ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY;
    EXPECT_TRUE((spec->flags & when) != 0) << spec->name;
    EXPECT_NE(std::string(g_param_spec_get_blurb(const_cast<GParamSpec*>(spec))), "");
  }
}

TEST_F(Properties, BeginWithTheirDefaults) {
  for (GParamSpec* spec : specs()) {
    Value value = current(spec);
    EXPECT_TRUE(g_param_value_defaults(spec, value.get())) << spec->name;
  }
}

TEST_F(Properties, KeepWhatTheyAreGiven) {
  for (GParamSpec* spec : specs()) {
    SCOPED_TRACE(spec->name);
    if (G_IS_PARAM_SPEC_STRING(spec)) {
      Value text(G_TYPE_STRING);
      g_value_set_string(text.get(), "some text, with ümlaut");
      set(spec, text);
      EXPECT_TRUE(is_now(spec, text));
      g_value_set_string(text.get(), nullptr);
      set(spec, text);
      Value now = current(spec);
      EXPECT_STREQ(g_value_get_string(now.get()), "");
      continue;
    }
    const Limits limits = limits_of(spec);
    ASSERT_GE(limits.inside.size(), 2U);
    for (const Value& value : limits.inside) {
      set(spec, value);
      EXPECT_TRUE(is_now(spec, value));
    }
  }
}

TEST_F(Properties, RefuseWhatIsOutOfRange) {
  for (GParamSpec* spec : specs()) {
    SCOPED_TRACE(spec->name);
    for (const Value& value : limits_of(spec).outside) {
      const Value before = current(spec);
      const GObjectWarnings warnings;
      set(spec, value);
      EXPECT_EQ(warnings.seen(), 1);
      EXPECT_TRUE(is_now(spec, before));
    }
  }
}

TEST_F(Properties, HaveLimitsThatCoreAccepts) {
  for (GParamSpec* spec : specs()) {
    SCOPED_TRACE(spec->name);
    Value before = current(spec);
    for (const Value& value : limits_of(spec).inside) {
      set(spec, value);
      if (std::string(spec->name) == "proposals") continue;  // `file` needs another property
      EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
      gst_element_set_state(element.get(), GST_STATE_NULL);
    }
    set(spec, before);
  }
}

TEST_F(Properties, ThatOnlyCoreCanJudgeAreRefusedWithAnErrorAtReady) {
  const Owned<GstBus> bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  g_object_set(element.get(), "device", "abacus", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const Report error = next_report(bus.get(), GST_MESSAGE_ERROR);
  EXPECT_THAT(error.text, testing::HasSubstr("abacus"));
  EXPECT_EQ(error.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(error.code, GST_RESOURCE_ERROR_SETTINGS);
  g_object_set(element.get(), "device", "cpu", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
}

TEST_F(Properties, StatsAreZeroBeforeTheStartAndNameTheModelAfterIt) {
  EXPECT_EQ(stat(element.get(), "frames-in"), 0U);
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  GstStructure* stats = nullptr;
  g_object_get(element.get(), "stats", &stats, nullptr);
  const Owned<GstStructure> owned(stats);
  EXPECT_TRUE(gst_structure_has_name(stats, "deepstack-stats"));
  EXPECT_STREQ(gst_structure_get_string(stats, "model"), "scripted");
  EXPECT_STREQ(gst_structure_get_string(stats, "precision"), "fp32");
  EXPECT_STREQ(gst_structure_get_string(stats, "fusion"), "trained");
  for (const char* name : {"frames-in", "frames-sampled", "frames-analysed", "frames-dropped",
                           "frames-failed", "events-dropped", "events-undelivered",
                           "values-replaced", "tracks", "identities", "gallery-bytes",
                           "gallery-evictions", "gallery-views-evicted", "store-errors"}) {
    EXPECT_TRUE(gst_structure_has_field_typed(stats, name, G_TYPE_UINT64)) << name;
  }
  EXPECT_TRUE(gst_structure_has_field_typed(stats, "inference-ms", G_TYPE_DOUBLE));
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace deepstack::test
