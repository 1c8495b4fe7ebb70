#include "core/leavable_thread.h"

#include <gtest/gtest.h>

#include <future>

namespace deepstack {
namespace {

using namespace std::chrono_literals;

TEST(LeavableThread, WorkThatEndsIsWaitedFor) {
  std::promise<void> begin;
  bool done = false;
  LeavableThread thread([&, begun = begin.get_future().share()] {
    begun.wait();
    done = true;
  });
  begin.set_value();
  EXPECT_TRUE(thread.leave(60s));
  EXPECT_TRUE(done);
  EXPECT_TRUE(thread.leave(0ms)) << "and it is gone";
}

TEST(LeavableThread, WorkThatDoesNotIsLeftWithAllItOwns) {
  std::promise<void> begin;
  const auto owned = std::make_shared<std::promise<void>>();
  std::future<void> done = owned->get_future();
  {
    LeavableThread thread([owned, begun = begin.get_future().share()] {
      begun.wait();
      owned->set_value();
    });
    EXPECT_FALSE(thread.leave(1ms));
  }
  EXPECT_EQ(owned.use_count(), 2);
  begin.set_value();
  EXPECT_EQ(done.wait_for(60s), std::future_status::ready);
}

}  // namespace
}  // namespace deepstack
