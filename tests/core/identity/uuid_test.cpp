#include "core/identity/uuid.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace deepstack {
namespace {

TEST(Uuid, HasTheFormOfVersion4) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
  }
}

TEST(Uuid, NoTwoAreTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(random_uuid()).second);
}

TEST(Uuid, EveryFreeDigitTakesEveryValue) {
  std::set<char> values[36];
  for (int i = 0; i < 2000; ++i) {
    const std::string uuid = random_uuid();
    for (size_t digit = 0; digit < 36; ++digit) values[digit].insert(uuid[digit]);
  }
  for (size_t digit = 0; digit < 36; ++digit) {
    const bool dash = digit == 8 || digit == 13 || digit == 18 || digit == 23;
    const size_t expected = dash || digit == 14 ? 1 : digit == 19 ? 4 : 16;
    EXPECT_EQ(values[digit].size(), expected) << digit;
  }
}

}  // namespace
}  // namespace deepstack
