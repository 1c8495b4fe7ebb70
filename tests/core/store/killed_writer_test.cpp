// A process that learns is killed at any moment: what it learned until a second before is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "tests/support/store_folder.h"

namespace deepstack {
namespace {

using KilledWriter = test::StoreFolder;

constexpr size_t kOldEnough = 50;

struct Told {
  int64_t number;
  int64_t steady_ns;
};

int64_t steady_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// In the child: learns without end, and tells of each identity once it is in the gallery.
[[noreturn]] void learn_for_ever(SharedGallery& gallery, int pipe) {
  for (test::Look look = 1;; ++look) {
    const double seconds = 1.8e9 + look;
    const KnownIdentity added = gallery.add("person", seconds);
    gallery.learn(added.number, test::appearance_of(look, seconds), 0);
    const Told told{added.number, steady_ns()};
    if (write(pipe, &told, sizeof told) != sizeof told) _exit(1);
    usleep(1000);  // a thousand new people a second are more than any camera sees
  }
}

TEST_F(KilledWriter, LosesAtMostItsLastSecond) {
  int64_t stored_before = 0;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto gallery = open_gallery(settings_, model_);
      if (!gallery.ok()) _exit(2);
      learn_for_ever(**gallery, ends[1]);
    }
    close(ends[1]);
    std::vector<Told> told;
    for (Told next{}; read(ends[0], &next, sizeof next) == sizeof next;) {
      told.push_back(next);
      // Enough are old enough; and not at a multiple of the commits.
      if (told.size() > kOldEnough &&
          steady_ns() - told[kOldEnough].steady_ns > 1'000'000'000 + round * 170'000'000) {
        break;
      }
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    const int64_t killed_ns = steady_ns();
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended on its own: " << WEXITSTATUS(status);
    close(ends[0]);

    EXPECT_TRUE(is_sound());
    const auto gallery = open();
    ASSERT_NE(gallery, nullptr) << "the lock went with its holder";
    size_t checked = 0;
    for (const Told& each : told) {
      if (each.steady_ns > killed_ns - 1'000'000'000) continue;
      EXPECT_TRUE(gallery->find(each.number)) << each.number;
      ++checked;
    }
    EXPECT_GE(checked, kOldEnough);
    EXPECT_GT(static_cast<int64_t>(gallery->stats().identities), stored_before);
    stored_before = static_cast<int64_t>(gallery->stats().identities);
  }
}

}  // namespace
}  // namespace deepstack
