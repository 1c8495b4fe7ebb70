#include "core/printable.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(Printable, AsciiStaysAndTheRestDoesNot) {
  EXPECT_EQ(printable("blocks.0 'x' ~"), "blocks.0 'x' ~");
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7F"), "a?b?c?[31m?");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "?x");
  EXPECT_EQ(printable("\xC3\xA9\xFF"), "???");
}

TEST(Printable, LongTextIsCut) {
  EXPECT_EQ(printable(std::string(200, 'x')), std::string(200, 'x'));
  const std::string cut = printable(std::string(1'000'000, 'x'));
  EXPECT_EQ(cut.substr(0, 200), std::string(200, 'x'));
  EXPECT_EQ(cut.substr(200), "...");
}

}  // namespace
}  // namespace deepstack
