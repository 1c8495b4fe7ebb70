// Who counts is collected while it is there, under a name of its own.
#include "core/metrics/metrics_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace deepstack {
namespace {

using testing::HasSubstr;
using testing::Not;

MetricsRegistry::Write one() {
  return [](MetricsPage& page, const std::string& camera) {
    page.gauge("deepstack_tracks", "Tracks.", {{"camera", camera}}, 1);
  };
}

std::string collected(const MetricsRegistry& registry) {
  MetricsPage page;
  registry.collect(page);
  return page.text();
}

TEST(MetricsRegistry, CollectsThoseThatAreThere) {
  MetricsRegistry registry;
  const auto door = registry.add("door", one());
  {
    const auto yard = registry.add("yard", one());
    EXPECT_THAT(collected(registry), HasSubstr("{camera=\"yard\"} 1"));
  }
  EXPECT_THAT(collected(registry), HasSubstr("{camera=\"door\"} 1"));
  EXPECT_THAT(collected(registry), Not(HasSubstr("yard")));
}

TEST(MetricsRegistry, EachHasANameOfItsOwn) {
  MetricsRegistry registry;
  const auto first = registry.add("door", one());
  const auto second = registry.add("door", one());
  const auto nameless = registry.add("", one());
  const auto hostile = registry.add("a\x01\xFF", one());
  const std::string text = collected(registry);
  for (const char* name : {"\"door\"", "\"door-2\"", "\"camera\"", "\"a??\""}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST(MetricsRegistry, AMovedRegistrationEndsOnce) {
  MetricsRegistry registry;
  MetricsRegistry::Registration kept;
  {
    MetricsRegistry::Registration made = registry.add("door", one());
    kept = std::move(made);
  }
  EXPECT_THAT(collected(registry), HasSubstr("door"));
}

TEST(MetricsRegistry, MayBeCollectedWhileOthersComeAndGo) {
  MetricsRegistry registry;
  std::atomic<bool> over = false;
  std::thread collector([&] {
    while (!over) collected(registry);
  });
  for (int i = 0; i < 200; ++i) const auto passing = registry.add("door", one());
  over = true;
  collector.join();
  EXPECT_EQ(collected(registry), "");
}

}  // namespace
}  // namespace deepstack
