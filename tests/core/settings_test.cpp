#include "core/settings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace deepstack {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Status validated(const std::function<void(Settings&)>& change) {
  Settings settings;
  change(settings);
  return settings.validate();
}

TEST(Settings, DefaultsAreValid) { EXPECT_TRUE(Settings().validate().ok()); }

TEST(Settings, TheEdgesOfEveryRangeAreValid) {
  const std::function<void(Settings&)> edges[] = {
      [](Settings& s) { s.inference_interval = 1'000'000; },
      [](Settings& s) { s.inference_rate_numerator = 1'000'000; },
      [](Settings& s) { s.inference_rate_denominator = 1'000'000; },
      [](Settings& s) { s.batch_size = 1; },
      [](Settings& s) { s.batch_size = 1024; },
      [](Settings& s) { s.threshold = 0; },
      [](Settings& s) { s.threshold = 1; },
      [](Settings& s) { s.track_max_age_ms = 1; },
      [](Settings& s) { s.track_max_age_ms = 3'600'000; },
      [](Settings& s) { s.gallery_max_bytes = 65'536; },
      [](Settings& s) { s.gallery_max_bytes = int64_t{1} << 46; },
      [](Settings& s) { s.gallery_ttl_s = 1; },
      [](Settings& s) { s.gallery_ttl_s = 1e9; },
      [](Settings& s) { s.reid_threshold = 0; },
      [](Settings& s) { s.reid_threshold = 1; },
  };
  for (const auto& edge : edges) {
    const Status status = validated(edge);
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

TEST(Settings, WhatIsOutOfRangeIsNamedWithItsValue) {
  const struct {
    const char* name;
    const char* value;
    std::function<void(Settings&)> change;
  } cases[] = {
      {"inference-interval", "0", [](Settings& s) { s.inference_interval = 0; }},
      {"inference-interval", "1000001", [](Settings& s) { s.inference_interval = 1'000'001; }},
      {"inference-rate numerator", "-1", [](Settings& s) { s.inference_rate_numerator = -1; }},
      {"inference-rate denominator", "0", [](Settings& s) { s.inference_rate_denominator = 0; }},
      {"batch-size", "0", [](Settings& s) { s.batch_size = 0; }},
      {"batch-size", "1025", [](Settings& s) { s.batch_size = 1025; }},
      {"threshold", "-0.5", [](Settings& s) { s.threshold = -0.5F; }},
      {"threshold", "1.5", [](Settings& s) { s.threshold = 1.5F; }},
      {"threshold", "nan", [](Settings& s) { s.threshold = kNan; }},
      {"track-max-age", "0", [](Settings& s) { s.track_max_age_ms = 0; }},
      {"track-max-age", "3600001", [](Settings& s) { s.track_max_age_ms = 3'600'001; }},
      {"gallery-max-bytes", "65535", [](Settings& s) { s.gallery_max_bytes = 65'535; }},
      {"gallery-max-bytes", "-1", [](Settings& s) { s.gallery_max_bytes = -1; }},
      {"gallery-ttl", "0.5", [](Settings& s) { s.gallery_ttl_s = 0.5; }},
      {"gallery-ttl", "inf", [](Settings& s) { s.gallery_ttl_s = HUGE_VAL; }},
      {"gallery-ttl", "nan", [](Settings& s) { s.gallery_ttl_s = std::nan(""); }},
      {"reid-threshold", "1.25", [](Settings& s) { s.reid_threshold = 1.25F; }},
      {"reid-threshold", "nan", [](Settings& s) { s.reid_threshold = kNan; }},
      {"device", "gpu", [](Settings& s) { s.device = "gpu"; }},
      {"device", "cuda:", [](Settings& s) { s.device = "cuda:"; }},
      {"device", "cuda:1234", [](Settings& s) { s.device = "cuda:1234"; }},
      {"device", "cuda:-1", [](Settings& s) { s.device = "cuda:-1"; }},
      {"device", "''", [](Settings& s) { s.device = ""; }},
      {"proposals-file", "proposals=file",
       [](Settings& s) { s.proposals = ProposalSource::kFile; }},
  };
  for (const auto& wrong : cases) {
    const Status status = validated(wrong.change);
    EXPECT_EQ(status.code(), StatusCode::kInvalid) << wrong.name;
    EXPECT_NE(status.message().find(wrong.name), std::string::npos) << status.message();
    EXPECT_NE(status.message().find(wrong.value), std::string::npos) << status.message();
  }
}

TEST(Settings, DevicesAreAutoCpuOrACudaDevice) {
  for (const char* device : {"auto", "cpu", "cuda", "cuda:0", "cuda:15"}) {
    EXPECT_TRUE(validated([&](Settings& s) { s.device = device; }).ok()) << device;
  }
}

TEST(Settings, AnObjectClassListAcceptsItsNamesOnly) {
  Settings settings;
  EXPECT_TRUE(settings.accepts("anything"));
  settings.object_class = "person,car";
  EXPECT_TRUE(settings.accepts("person"));
  EXPECT_TRUE(settings.accepts("car"));
  EXPECT_FALSE(settings.accepts("dog"));
  EXPECT_FALSE(settings.accepts("perso"));
  EXPECT_FALSE(settings.accepts("person,car"));
  settings.object_class = "person, car ,";
  EXPECT_TRUE(settings.accepts("car"));
  EXPECT_FALSE(settings.accepts(""));
  EXPECT_FALSE(settings.accepts(""));
}

}  // namespace
}  // namespace deepstack
