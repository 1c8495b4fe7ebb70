#include "core/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

const std::vector<std::string> kNames{"model", "threshold",      "reid-threshold",
                                      "name",  "adaptive-depth", "gallery-max-bytes"};

class SettingsFile : public testing::Test {
 protected:
  Result<std::vector<FileSetting>> read(const std::string& text) {
    return read_settings_file(folder_.write("settings.json", text), kNames);
  }
  std::string reason(const std::string& text) {
    const auto settings = read(text);
    return settings.ok() ? "" : settings.status().message();
  }

  const test::TempFolder folder_;
};

TEST_F(SettingsFile, GivesNamesAndValuesInTheOrderOfTheFile) {
  const auto settings = read(
      R"({"threshold": 0.25, "model": "a/b", "gallery-max-bytes": 1048576,
          "adaptive-depth": true, "name": ["door", "yard"]})");
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  ASSERT_EQ(settings->size(), 5);
  const char* texts[] = {"0.25", "a/b", "1048576", "true", "door"};
  const char* names[] = {"threshold", "model", "gallery-max-bytes", "adaptive-depth", "name"};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ((*settings)[i].name, names[i]);
    EXPECT_EQ(to_text((*settings)[i].values.at(0)), texts[i]);
    EXPECT_EQ((*settings)[i].is_list, i == 4);
  }
  EXPECT_EQ(to_text((*settings)[4].values.at(1)), "yard");
  EXPECT_TRUE(read("{}")->empty());
}

// F20: one line that says what is wrong, with the name that was meant.
TEST_F(SettingsFile, F20_WhatIsUnknownIsAnErrorWithTheNearestName) {
  EXPECT_NE(reason(R"({"treshold": 1})")
                .find("there is no setting 'treshold', the nearest is 'threshold'"),
            std::string::npos);
  EXPECT_NE(reason(R"({"reid_threshold": 1})").find("the nearest is 'reid-threshold'"),
            std::string::npos);
}

TEST_F(SettingsFile, F20_WhatIsNoSettingsIsRefusedInOneLine) {
  const struct {
    std::string text, reason;
  } cases[] = {
      {"", "no JSON"},
      {"[1]", "must be an object of settings"},
      {"7", "must be an object of settings"},
      {R"({"model": "a", "model": "b"})", "a key twice: 'model'"},
      {R"({"model": {"a": 1}})", "'model' is an object"},
      {R"({"model": null})", "'model' is null"},
      {R"({"name": [["a"]]})", "'name' is a list in a list"},
      {R"({"model": 18446744073709551615})", "the limit is 9223372036854775807"},
      {R"({"model": "a"} {})", "no JSON"},
      {R"({"model": "a")", "no JSON"},
      {"{\"" + std::string(100, 'x') + "\": 1}", "the limit is 64"},
      {"{\"name\": [" + std::string(2048, ' ') + "1" +
           [] {
             std::string more;
             for (int i = 0; i < 1024; ++i) more += ",1";
             return more;
           }() +
           "]}",
       "more than 1024 values"},
      {std::string((1 << 20) + 1, ' '), "the limit is 1048576"},
      {std::string(100'000, '['), "list in a list"},
      {"{\"model\": \"\xff\"}", "no JSON"},
  };
  for (const auto& one : cases) {
    const std::string said = reason(one.text);
    EXPECT_NE(said.find("settings.json: "), std::string::npos) << said;
    EXPECT_NE(said.find(one.reason), std::string::npos) << one.text.substr(0, 60) << ": " << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  }
}

TEST_F(SettingsFile, F20_WhatIsNoFileIsRefusedAtOnce) {
  const std::filesystem::path pipe = folder_.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::filesystem::path& path :
       {std::filesystem::path("/dev/zero"), pipe, folder_.path(), folder_.path() / "none"}) {
    const auto settings = read_settings_file(path, kNames);
    ASSERT_FALSE(settings.ok()) << path;
    EXPECT_NE(settings.status().message().find(path.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace deepstack
