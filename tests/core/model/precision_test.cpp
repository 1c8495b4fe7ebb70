#include "core/model/precision.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace deepstack {
namespace {

TEST(Precision, WhatIsAskedForIsTaken) {
  EXPECT_EQ(choose_precision(Precision::kFp32, at::kCPU), at::kFloat);
  EXPECT_EQ(choose_precision(Precision::kBf16, at::kCPU), at::kBFloat16);
  EXPECT_EQ(choose_precision(Precision::kFp16, at::kCPU), at::kHalf);
}

TEST(Precision, AutoIsBf16OnlyWhereTheProcessorMultipliesIt) {
  std::ifstream file("/proc/cpuinfo");
  std::stringstream text;
  text << file.rdbuf();
  const bool hardware = text.str().find("avx512_bf16") != std::string::npos ||
                        text.str().find("amx_bf16") != std::string::npos;
  EXPECT_EQ(choose_precision(Precision::kAuto, at::kCPU), hardware ? at::kBFloat16 : at::kFloat);
  EXPECT_EQ(choose_precision(Precision::kAuto, at::kCUDA), at::kBFloat16);
}

TEST(Precision, HasTheNamesOfTheProperty) {
  EXPECT_STREQ(precision_name(at::kFloat), "fp32");
  EXPECT_STREQ(precision_name(at::kBFloat16), "bf16");
  EXPECT_STREQ(precision_name(at::kHalf), "fp16");
}

}  // namespace
}  // namespace deepstack
