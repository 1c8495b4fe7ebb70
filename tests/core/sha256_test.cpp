#include "core/sha256.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

// FIPS 180-2, appendix B.
TEST(Sha256, IsThatOfTheStandard) {
  Sha256 empty;
  EXPECT_EQ(*empty.finish(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 abc;
  abc.add("a", 1);
  abc.add("bc", 2);
  EXPECT_EQ(*abc.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace deepstack
