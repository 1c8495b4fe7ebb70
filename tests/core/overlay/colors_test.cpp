// Colours of identities: fixed, and told apart by name and by order.
#include "core/overlay/colors.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/identity/uuid.h"

namespace deepstack {
namespace {

TEST(Colors, AnIdentityHasTheSameOneInEveryBuild) {
  EXPECT_EQ(css_color(identity_color("692a6000-b865-4038-840c-67f81b266b83")), "#0078c0");
}

TEST(Colors, IdentitiesSpreadOverThePalette) {
  std::map<std::string, int> times;
  for (int i = 0; i < 2400; ++i) {
    ++times[css_color(identity_color(std::string_view(random_uuid())))];
  }
  EXPECT_EQ(times.size(), kColors);
  for (const auto& [color, count] : times) EXPECT_GT(count, 40) << color;
}

}  // namespace
}  // namespace deepstack
