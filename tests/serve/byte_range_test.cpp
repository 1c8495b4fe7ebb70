#include "pipelines/serve/byte_range.h"

#include <gtest/gtest.h>

namespace deepstack::test {
namespace {

std::string shown(const std::string& header, uint64_t size = 100) {
  const auto range = byte_range(header, size);
  if (!range) return "416";
  if (range->whole) return "whole";
  return std::to_string(range->begin) + ".." + std::to_string(range->end);
}

TEST(ByteRange, IsWhatTheHeaderAsksFor) {
  EXPECT_EQ(shown("bytes=0-9"), "0..10");
  EXPECT_EQ(shown("bytes=90-"), "90..100");
  EXPECT_EQ(shown("bytes=-10"), "90..100");
  EXPECT_EQ(shown("bytes=0-0"), "0..1");
}

TEST(ByteRange, EndsWhereTheFileDoes) {
  EXPECT_EQ(shown("bytes=90-1000"), "90..100");
  EXPECT_EQ(shown("bytes=-1000"), "0..100");
  EXPECT_EQ(shown("bytes=0-18446744073709551615"), "0..100");
}

TEST(ByteRange, SaysWhenNothingIsInIt) {
  EXPECT_EQ(shown("bytes=100-"), "416");
  EXPECT_EQ(shown("bytes=-0"), "416");
  EXPECT_EQ(shown("bytes=0-", 0), "416");
  EXPECT_EQ(shown("bytes=-5", 0), "416");
}

TEST(ByteRange, IsTheWholeForWhatIsNoRange) {
  for (const char* header :
       {"", "items=0-9", "bytes=", "bytes=-", "bytes=9-0", "bytes=a-b", "bytes=0-9,20-29",
        "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes= 0-9"}) {
    EXPECT_EQ(shown(header), "whole") << header;
  }
}

}  // namespace
}  // namespace deepstack::test
