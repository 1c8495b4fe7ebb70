#include "core/store/identity_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/identity_edits.h"
#include "tests/support/known_people.h"

namespace deepstack {
namespace {

using testing::HasSubstr;
using IdentityCatalog = test::KnownPeople;

TEST_F(IdentityCatalog, CountsWhatIsKeptOfEach) {
  make({1, 2});
  auto file = open_store_to_read(store());
  const auto all = list_identities(*file);
  ASSERT_TRUE(all.ok()) << all.status().message();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].number, 1);
  EXPECT_EQ((*all)[0].label, "person");
  EXPECT_EQ((*all)[0].prototypes, 1);
  EXPECT_EQ((*all)[0].tracks, 2);
  EXPECT_EQ((*all)[0].observations, 10);
  const auto tracks = tracks_of(*file, 2);
  ASSERT_EQ(tracks->size(), 2U);
  EXPECT_EQ((*tracks)[1].id, 4);
  EXPECT_EQ((*tracks)[1].source, "door");
  EXPECT_EQ((*tracks)[1].observations, 5);
  EXPECT_EQ((*tracks)[1].key_views, 1);
}

TEST_F(IdentityCatalog, FindsSomebodyByWhateverIsKnownOfHim) {
  make({1, 2, 3});
  const std::string uuid = record(2).uuid;
  EXPECT_EQ(record(uuid).number, 2);
  EXPECT_EQ(record(uuid.substr(0, 13)).number, 2);
  {
    EditableStore open = edit();
    ASSERT_TRUE(name_identity(open, 2, "Ana").ok());
    ASSERT_TRUE(name_identity(open, 1, "3").ok());
  }
  EXPECT_EQ(record("Ana").number, 2);
  EXPECT_EQ(record("3").number, 3) << "a number comes before a name";
}

TEST_F(IdentityCatalog, SaysWhenNobodyOrSeveralAreMeant) {
  make({1, 2});
  {
    EditableStore open = edit();
    ASSERT_TRUE(name_identity(open, 1, "Ana").ok());
    ASSERT_TRUE(name_identity(open, 2, "Ana").ok());
  }
  auto file = open_store_to_read(store());
  EXPECT_EQ(find_identity(*file, "Ana").status().code(), StatusCode::kInvalid);
  for (const char* key : {"Bob", "", "7", "-1", "abc", "99999999999999999999", "x\x1b[2Jy", "1 "}) {
    const Status status = find_identity(*file, key).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound) << key;
    EXPECT_THAT(status.message(), HasSubstr(store().string()));
    EXPECT_EQ(status.message().find('\x1b'), std::string::npos);
  }
}

TEST_F(IdentityCatalog, WhoWasMergedIsFoundAsWhomHeBecame) {
  make({1, 2, 3});
  const std::string uuid = record(1).uuid;
  {
    EditableStore open = edit();
    ASSERT_TRUE(merge_identities(open, 1, 2).ok());
    ASSERT_TRUE(merge_identities(open, 2, 3).ok());
  }
  EXPECT_EQ(record(uuid).number, 3);
  auto file = open_store_to_read(store());
  EXPECT_EQ(list_identities(*file)->size(), 1U);
}

}  // namespace
}  // namespace deepstack
