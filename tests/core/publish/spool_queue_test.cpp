#include "core/publish/spool_queue.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

std::vector<std::string> all(SpoolQueue& queue) {
  std::vector<std::string> lines;
  while (const auto line = queue.next(1000)) lines.push_back(*line->json);
  return lines;
}

std::vector<std::string> texts(const SpoolChanges& changes) {
  std::vector<std::string> lines;
  for (const SpooledLine& line : changes.added) lines.push_back(*line.json);
  return lines;
}

using Texts = std::vector<std::string>;
using Numbers = std::vector<uint64_t>;

TEST(SpoolQueue, WhenFullTheOldestThatIsNotOnItsWayGoes) {
  SpoolQueue queue({.max_items = 3, .max_bytes = 100});
  for (const char* line : {"a", "b", "c"}) EXPECT_EQ(queue.put(line), 0U);
  ASSERT_EQ(*queue.next(1)->json, "a");
  EXPECT_EQ(queue.put("d"), 1U);
  EXPECT_FALSE(queue.next(1)) << "one at a time";
  EXPECT_TRUE(queue.settle(1));
  EXPECT_EQ(all(queue), (Texts{"c", "d"}));
}

TEST(SpoolQueue, BytesAreBoundedToo) {
  SpoolQueue queue({.max_items = 100, .max_bytes = 10});
  EXPECT_EQ(queue.put("aaaa"), 0U);
  EXPECT_EQ(queue.put("bbbb"), 0U);
  EXPECT_EQ(queue.put("cccccccc"), 2U);
  EXPECT_EQ(queue.put("longer than all"), 1U);
  EXPECT_EQ(queue.bytes(), 8U);
  EXPECT_EQ(all(queue), (Texts{"cccccccc"}));
  EXPECT_EQ(queue.put("dddd"), 1U) << "what is on its way stays";
  EXPECT_EQ(queue.size(), 1U);
}

TEST(SpoolQueue, WhatWasOnItsWayIsSentAnewInOrder) {
  SpoolQueue queue({});
  for (const char* line : {"a", "b", "c"}) queue.put(line);
  queue.next(10);
  queue.next(10);
  EXPECT_TRUE(queue.settle(2));
  EXPECT_FALSE(queue.settle(2));
  queue.resend();
  EXPECT_EQ(all(queue), (Texts{"a", "c"}));
}

TEST(SpoolQueue, TheDiskIsToldWhatItLacksAndWhatIsGone) {
  SpoolQueue queue({});
  queue.put("a");
  queue.settle(1);
  EXPECT_FALSE(queue.changed()) << "it was never there";
  queue.put("b");
  queue.put("c");
  EXPECT_TRUE(queue.changed());
  EXPECT_EQ(texts(queue.take_changes()), (Texts{"b", "c"}));
  EXPECT_TRUE(queue.take_changes().empty());
  queue.settle(2);
  queue.put("d");
  const SpoolChanges changes = queue.take_changes();
  EXPECT_EQ(texts(changes), (Texts{"d"}));
  EXPECT_EQ(changes.gone, Numbers{2});
  EXPECT_FALSE(changes.replace);
}

TEST(SpoolQueue, AfterAFailureTheDiskIsWrittenAnew) {
  SpoolQueue queue({});
  queue.put("a");
  queue.put("b");
  queue.take_changes();
  queue.settle(1);  // while it is written
  queue.give_back();
  queue.settle(2);
  queue.put("c");
  const SpoolChanges changes = queue.take_changes();
  EXPECT_TRUE(changes.replace);
  EXPECT_EQ(texts(changes), (Texts{"c"}));
  EXPECT_TRUE(changes.gone.empty());
  EXPECT_FALSE(queue.changed());
}

TEST(SpoolQueue, LinesOfTheLastRunComeFirst) {
  const auto line = [](uint64_t number, const char* text) {
    return SpooledLine{number, std::make_shared<const std::string>(text)};
  };
  SpoolQueue queue({.max_items = 3, .max_bytes = 100});
  EXPECT_EQ(queue.restore({line(5, "a"), line(7, "b"), line(9, "c"), line(10, "d")}), 1U);
  EXPECT_EQ(queue.put("e"), 1U);
  EXPECT_EQ(all(queue), (Texts{"c", "d", "e"}));
  const SpoolChanges changes = queue.take_changes();
  EXPECT_EQ(changes.gone, (Numbers{5, 7}));
  EXPECT_EQ(texts(changes), (Texts{"e"}));
  EXPECT_EQ(changes.added[0].number, 11U);
}

}  // namespace
}  // namespace deepstack
