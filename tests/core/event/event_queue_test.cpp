#include "core/event/event_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace deepstack {
namespace {

using State = EventQueue::State;
using WhenFull = EventQueue::WhenFull;
using namespace std::chrono_literals;

constexpr auto kLong = 60s;  // never passes when the code is right

EventLine line(const std::string& text, bool expendable = false) { return {text, 0, expendable}; }
EventLine update(const std::string& text) { return line(text, true); }

// What is in the queue, taken out.
std::vector<std::string> drain(EventQueue& queue) {
  std::vector<std::string> texts;
  for (;;) {
    EventQueue::Taken taken = queue.take(0ms);
    if (taken.state != State::kLine) return texts;
    texts.push_back(std::move(taken.line.json));
  }
}

using Texts = std::vector<std::string>;

TEST(EventQueue, LinesComeOutInOrder) {
  EventQueue queue(10, 1000);
  for (const char* text : {"a", "b", "c"}) EXPECT_TRUE(queue.put(line(text), WhenFull::kDrop));
  EXPECT_EQ(drain(queue), (Texts{"a", "b", "c"}));
  EXPECT_EQ(queue.take(0ms).state, State::kTimeout);
  EXPECT_EQ(queue.dropped(), 0U);
}

TEST(EventQueue, IsBoundedInLines) {
  EventQueue queue(2, 1000);
  EXPECT_TRUE(queue.put(line("a"), WhenFull::kDrop));
  EXPECT_TRUE(queue.put(line("b"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(line("c"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(update("d"), WhenFull::kDrop));
  EXPECT_EQ(queue.dropped(), 2U);
  EXPECT_EQ(drain(queue), (Texts{"a", "b"}));
  EXPECT_TRUE(queue.put(line("e"), WhenFull::kDrop)) << "there is room again";
}

TEST(EventQueue, IsBoundedInBytes) {
  EventQueue queue(100, 10);
  EXPECT_TRUE(queue.put(line("12345"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(line("123456"), WhenFull::kDrop));
  EXPECT_TRUE(queue.put(line("12345"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(line("1"), WhenFull::kDrop));
  EXPECT_EQ(queue.take(0ms).line.json, "12345");
  EXPECT_TRUE(queue.put(line("1"), WhenFull::kDrop));
}

TEST(EventQueue, UpdatesMakeRoomForWhatMayNotBeLost) {
  EventQueue queue(3, 1000);
  for (const auto& put : {update("u1"), line("new"), update("u2")}) {
    EXPECT_TRUE(queue.put(put, WhenFull::kDrop));
  }
  EXPECT_TRUE(queue.put(line("end"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(update("u3"), WhenFull::kDrop)) << "an update makes no room for an update";
  EXPECT_EQ(queue.dropped(), 2U);
  EXPECT_TRUE(queue.put(line("merge"), WhenFull::kDrop));
  EXPECT_FALSE(queue.put(line("rename"), WhenFull::kDrop)) << "nothing expendable is left";
  EXPECT_EQ(drain(queue), (Texts{"new", "end", "merge"}));
  EXPECT_EQ(queue.dropped(), 4U);
}

TEST(EventQueue, OnlyAsManyUpdatesGoAsBytesAreNeeded) {
  EventQueue queue(100, 12);
  for (const char* text : {"1111", "2222", "3333"}) queue.put(update(text), WhenFull::kDrop);
  EXPECT_TRUE(queue.put(line("55555"), WhenFull::kDrop));
  EXPECT_EQ(drain(queue), (Texts{"3333", "55555"}));
  EXPECT_EQ(queue.dropped(), 2U);
}

TEST(EventQueue, AWaitingProducerLosesNothing) {
  EventQueue queue(2, 1000);
  constexpr int kLines = 500;
  std::thread producer([&] {
    for (int i = 0; i < kLines; ++i) {
      EXPECT_TRUE(queue.put(update(std::to_string(i)), WhenFull::kWait));
    }
    queue.finish();
  });
  for (int i = 0; i < kLines; ++i) {
    const EventQueue::Taken taken = queue.take(kLong);
    ASSERT_EQ(taken.state, State::kLine);
    EXPECT_EQ(taken.line.json, std::to_string(i));
  }
  EXPECT_EQ(queue.take(kLong).state, State::kFinished);
  producer.join();
  EXPECT_EQ(queue.dropped(), 0U);
}

TEST(EventQueue, ALineLargerThanTheQueueIsWaitedInAlone) {
  EventQueue queue(10, 4);
  queue.put(line("a"), WhenFull::kDrop);
  auto large = std::async(std::launch::async,
                          [&] { return queue.put(line("larger than all"), WhenFull::kWait); });
  EXPECT_EQ(queue.take(kLong).line.json, "a");
  EXPECT_TRUE(large.get());
  EXPECT_FALSE(queue.put(line("b"), WhenFull::kDrop));
  EXPECT_EQ(drain(queue), (Texts{"larger than all"}));
}

TEST(EventQueue, CancelReleasesAProducerUntilResume) {
  EventQueue queue(1, 1000);
  queue.put(line("a"), WhenFull::kDrop);
  auto put = std::async(std::launch::async, [&] { return queue.put(line("b"), WhenFull::kWait); });
  queue.cancel();
  EXPECT_FALSE(put.get());
  EXPECT_FALSE(queue.put(line("c"), WhenFull::kWait)) << "and goes on doing so";
  EXPECT_EQ(queue.dropped(), 2U);
  queue.resume();
  EXPECT_EQ(drain(queue), (Texts{"a"})) << "what was in the queue stays";
  EXPECT_TRUE(queue.put(line("d"), WhenFull::kWait));
}

TEST(EventQueue, CancelReleasesATakerUntilResume) {
  EventQueue queue(10, 1000);
  auto taken = std::async(std::launch::async, [&] { return queue.take(kLong).state; });
  queue.cancel();
  EXPECT_EQ(taken.get(), State::kCancelled);
  EXPECT_EQ(queue.take(kLong).state, State::kCancelled);
  queue.resume();
  EXPECT_EQ(queue.take(0ms).state, State::kTimeout);
}

TEST(EventQueue, FinishIsToldAfterTheLastLine) {
  EventQueue queue(10, 1000);
  queue.put(line("a"), WhenFull::kDrop);
  queue.finish();
  EXPECT_EQ(queue.take(kLong).state, State::kLine);
  EXPECT_EQ(queue.take(kLong).state, State::kFinished);
  EXPECT_EQ(queue.take(kLong).state, State::kFinished) << "again and again";
  EXPECT_FALSE(queue.put(line("late"), WhenFull::kWait)) << "and nothing comes after";
}

TEST(EventQueue, ClearForgetsTheLinesAndTheFinish) {
  EventQueue queue(2, 6);
  queue.put(line("aaa"), WhenFull::kDrop);
  queue.put(line("bbb"), WhenFull::kDrop);
  queue.finish();
  queue.clear(1);
  EXPECT_EQ(queue.dropped(), 2U);
  EXPECT_EQ(queue.take(0ms).state, State::kTimeout);
  EXPECT_TRUE(queue.put({.json = "cccccc", .generation = 1}, WhenFull::kDrop))
      << "all room is free";
}

TEST(EventQueue, LinesOfBeforeAClearAreRefusedEvenWhileTheyWait) {
  EventQueue queue(1, 1000);
  queue.put(line("a"), WhenFull::kDrop);
  auto put = std::async(std::launch::async, [&] { return queue.put(line("b"), WhenFull::kWait); });
  queue.clear(1);
  EXPECT_FALSE(put.get());
  EXPECT_FALSE(queue.put(line("c"), WhenFull::kDrop));
  EXPECT_TRUE(queue.put({.json = "d", .generation = 1}, WhenFull::kWait));
  EXPECT_EQ(drain(queue), (Texts{"d"}));
}

}  // namespace
}  // namespace deepstack
