#include "core/store/audit_log.h"

#include <gtest/gtest.h>

#include "tests/support/known_people.h"

namespace deepstack {
namespace {

using AuditLog = test::KnownPeople;

TEST_F(AuditLog, KeepsTheLatest) {
  make({1});
  EditableStore open = edit();
  ASSERT_TRUE(open.file.database
                  .run("INSERT INTO audit(id, seconds, editor, action, identity, other, detail) "
                       "VALUES(?, 0, '', 'old', 0, 0, ''), (?, 0, '', 'new', 0, 0, '')",
                       int64_t{1}, kMostAuditRows)
                  .ok());
  const auto id = add_audit_entry(open.file.database, {.editor = "tester", .action = "newest"});
  ASSERT_TRUE(id.ok()) << id.status().message();
  EXPECT_EQ(*id, kMostAuditRows + 1);
  const std::vector<AuditEntry> entries = audit();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].action, "newest");
  EXPECT_EQ(entries[1].action, "new");
  EXPECT_EQ(read_audit_log(open.file, 1)->size(), 1U);
}

}  // namespace
}  // namespace deepstack
