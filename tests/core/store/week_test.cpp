// A week of a busy entrance: people come, some come back, most are forgotten. Time is injected.
#include <gtest/gtest.h>

#include <malloc.h>

#include "tests/support/cost.h"
#include "tests/support/store_folder.h"

namespace deepstack {
namespace {

using Week = test::StoreFolder;

TEST_F(Week, MemoryAndStoreStayBounded) {
  constexpr double kBegin_s = 1.8e9;
  constexpr int kMinutes = 7 * 24 * 60;
  settings_.gallery_max_bytes = 2 << 20;
  settings_.gallery_ttl_s = 24 * 3600;
  const auto gallery = open();
  double megabytes_after_a_day = 0;
  uintmax_t file_after_two_days = 0;
  int64_t last = 0;
  for (int minute = 0; minute < kMinutes; ++minute) {
    const double now_s = kBegin_s + 60.0 * minute;
    // More at noon than at night; every fifth is one who was here an hour ago.
    if (minute % (minute / 60 % 24 < 8 ? 4 : 1) == 0) {
      last = gallery->add("person", now_s).number;
      for (test::Look view = 0; view < 3; ++view) {
        const auto look = static_cast<test::Look>(minute * 4) + view;
        gallery->learn(last, test::appearance_of(look, now_s + view), 0);
      }
    }
    if (minute % 5 == 0) gallery->see(last - 60, now_s);
    gallery->expire(now_s);
    ASSERT_LE(gallery->stats().bytes, static_cast<uint64_t>(settings_.gallery_max_bytes));
    if (minute % 240 != 0) continue;
    ASSERT_TRUE(gallery->flush().ok());
    malloc_trim(0);
    if (minute == 24 * 60) megabytes_after_a_day = test::process_mebibytes("VmRSS:");
    if (minute == 48 * 60) file_after_two_days = std::filesystem::file_size(file());
  }
  const GalleryStats stats = gallery->stats();
  EXPECT_EQ(stats.identities + stats.evictions, static_cast<uint64_t>(last));
  EXPECT_GT(stats.evictions, 5000U);
  EXPECT_GT(stats.views_evicted, 1000U);
  EXPECT_GT(last, 7000);
  EXPECT_LT(last, kLargestNumber);
  ASSERT_TRUE(gallery->flush().ok());
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), static_cast<int64_t>(stats.identities));
  EXPECT_EQ(ask("SELECT count(*) FROM prototypes WHERE identity NOT IN "
                "(SELECT number FROM identities)"),
            0);
  EXPECT_LE(std::filesystem::file_size(file()), file_after_two_days * 5 / 4);
  const double grown = test::process_mebibytes("VmRSS:") - megabytes_after_a_day;
  RecordProperty("grown_mebibytes", std::to_string(grown));
  if (test::kCostsAreReal) {
    EXPECT_LT(grown, 4) << "in six days";
  }
}

}  // namespace
}  // namespace deepstack
