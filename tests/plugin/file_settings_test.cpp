#include "gst-plugin/file_settings.h"

#include <gmock/gmock.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "gst-plugin/deepstack_element.h"
#include "tests/support/element_harness.h"
#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

using testing::HasSubstr;

class FileSettings : public testing::Test {
 protected:
  FileSettings()
      : element_(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("deepstack", nullptr)))),
        bus_(gst_bus_new()) {
    gst_element_set_bus(element_.get(), bus_.get());
  }
  ~FileSettings() override {
    gst_element_set_state(element_.get(), GST_STATE_NULL);
    gst_bus_set_flushing(bus_.get(), TRUE);  // messages hold the element
  }

  void read(const std::string& text) {
    g_object_set(element_.get(), "config-file", folder_.write("a.json", text).c_str(), nullptr);
  }

  // "" when the element is READY, else the error it posted.
  std::string start() {
    if (gst_element_set_state(element_.get(), GST_STATE_READY) != GST_STATE_CHANGE_FAILURE)
      return "";
    const Owned<GstMessage> message(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR));
    if (message == nullptr) return "no error was posted";
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    std::string text = error->message;
    g_error_free(error);
    return text;
  }

  template <typename T>
  T get(const char* name) {
    T value{};
    g_object_get(element_.get(), name, &value, nullptr);
    return value;
  }

  const TempFolder folder_;
  Owned<GstElement> element_;
  Owned<GstBus> bus_;
};

TEST_F(FileSettings, AreThePropertiesOfTheirNamesAndWhatIsSetLaterWins) {
  read(
      R"({"threshold": 0.25, "proposals": "hog", "gallery-max-bytes": 1048576, "adaptive-depth": true,
           "inference-rate": "5/2", "source": "door", "gallery-ttl": 60, "batch-size": 4})");
  g_object_set(element_.get(), "batch-size", 8, nullptr);
  EXPECT_EQ(start(), "");
  EXPECT_FLOAT_EQ(get<gfloat>("threshold"), 0.25F);
  EXPECT_EQ(get<gint64>("gallery-max-bytes"), 1 << 20);
  EXPECT_EQ(get<gboolean>("adaptive-depth"), TRUE);
  EXPECT_DOUBLE_EQ(get<gdouble>("gallery-ttl"), 60);
  EXPECT_EQ(get<gint>("batch-size"), 8);
  EXPECT_EQ(get<gint>("proposals"), static_cast<gint>(ProposalSource::kHog));
  gchar* source = get<gchar*>("source");
  EXPECT_STREQ(source, "door");
  g_free(source);
}

TEST_F(FileSettings, F20_OfAWrongFileNothingIsSetAndTheStartSaysWhy) {
  const struct {
    const char *text, *reason;
  } cases[] = {
      {R"({"source": "x", "treshold": 1})", "the nearest is 'threshold'"},
      {R"({"source": "x", "threshold": 1.5})", "'threshold' is 1.5, must be a number in 0..1"},
      {R"({"source": "x", "threshold": "0.5"})", "'threshold' is '0.5', must be a number in 0..1"},
      {R"({"source": "x", "batch-size": 1.5})", "must be a number in 1..1024"},
      {R"({"source": "x", "batch-size": 99999999999})", "must be a number in 1..1024"},
      {R"({"source": "x", "gallery-ttl": 1e999})", "no JSON"},
      {R"({"source": "x", "adaptive-depth": 1})", "must be true or false"},
      {R"({"source": "x", "proposals": "cat"})", "must be one of auto upstream motion"},
      {R"({"source": "x", "inference-rate": "fast"})", "must be a fraction"},
      {R"({"source": "x", "model": 7})", "'model' is '7', must be a text"},
      {R"({"source": "x", "model": ["a"]})", "'model' is a list"},
  };
  for (const auto& one : cases) {
    read(one.text);
    const std::string said = start();
    EXPECT_THAT(said, HasSubstr(one.reason)) << one.text;
    EXPECT_THAT(said, HasSubstr("a.json")) << one.text;
    gchar* source = get<gchar*>("source");
    EXPECT_STREQ(source, "") << one.text;
    g_free(source);
  }
  g_object_set(element_.get(), "config-file", "", nullptr);
  EXPECT_EQ(start(), "") << "it may be put right";
}

}  // namespace
}  // namespace deepstack::test
