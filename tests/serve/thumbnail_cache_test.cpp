#include "pipelines/serve/thumbnail_cache.h"

#include <gtest/gtest.h>

namespace deepstack::test {
namespace {

TEST(ThumbnailCache, KeepsWhatWasAskedForLast) {
  ThumbnailCache cache(10, 100);
  cache.keep("a", 1, "12345");
  cache.keep("b", 1, "12345");
  EXPECT_TRUE(cache.find("a", 1));
  cache.keep("c", 1, "12345");
  EXPECT_FALSE(cache.find("b", 1));
  EXPECT_EQ(*cache.find("a", 1), "12345");
  EXPECT_EQ(cache.stats().bytes, 10U);
  EXPECT_EQ(cache.stats().dropped, 1U);
}

TEST(ThumbnailCache, IsBoundedInEntriesToo) {
  ThumbnailCache cache(1000, 2);
  for (const char* key : {"a", "b", "c"}) cache.keep(key, 1, "1");
  EXPECT_EQ(cache.stats().entries, 2U);
  cache.keep("large", 1, std::string(1001, 'x'));
  EXPECT_FALSE(cache.find("large", 1));
}

TEST(ThumbnailCache, ForgetsAllWhenTheStoreHasChanged) {
  ThumbnailCache cache;
  cache.keep("a", 1, "12345");
  EXPECT_FALSE(cache.find("a", 2));
  EXPECT_EQ(cache.stats().bytes, 0U);
}

}  // namespace
}  // namespace deepstack::test
