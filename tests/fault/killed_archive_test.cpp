// An archive's writer is killed at any moment, 200 times: the database stays sound, every step is
// there wholly or not at all, and all that was told of is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "tests/support/archive_folder.h"

namespace deepstack {
namespace {

constexpr int kKills = 200;
constexpr int64_t kSightings = 5;  // of a step

class KilledArchive : public test::ArchiveFolder {
 protected:
  // In the child: a video and its identity in each step, told of once they are in.
  [[noreturn]] void write_for_ever(int first, int pipe) {
    auto opened = open_archive(store(), StoreAccess::kWrite, store_model());
    if (!opened.ok()) _exit(2);
    for (int number = first;; ++number) {
      ArchiveStep step;
      auto added = (*opened)->add(video_of("door", number));
      if (!added.ok()) _exit(3);
      step.video = *added;
      // What the one before had committed and not told of stays as it is.
      const bool is_new = added->status == VideoStatus::kQueued;
      step.video.status = VideoStatus::kAnalysed;
      see(step, 1, static_cast<test::Look>(number), 0, kSightings);
      if (is_new && !(*opened)->commit(step).ok()) _exit(4);
      ArchiveIdentities found;
      found.tracks = {{1, 0, 0}};
      if (!(*opened)->identify(added->id, found).ok()) _exit(5);
      if (write(pipe, &number, sizeof number) != sizeof number) _exit(1);
    }
  }
};

TEST_F(KilledArchive, StaysSoundAndKeepsWhatItTold) {
  std::mt19937 random(1);
  int told = 0;
  for (int round = 0; round < kKills; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(told + 1, ends[1]);
    close(ends[1]);
    // After some steps, at any moment of the next.
    const int last = told + static_cast<int>(random() % 4);
    for (int number = 0; told < last + 1 && read(ends[0], &number, sizeof number) > 0;) {
      told = number;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended on its own: " << WEXITSTATUS(status);
    for (int number = 0; read(ends[0], &number, sizeof number) > 0;) told = number;
    close(ends[0]);
    ASSERT_TRUE(is_sound()) << "after kill " << round + 1;
    ASSERT_EQ(ask("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ASSERT_GE(ask("SELECT count(*) FROM videos WHERE status = 'done'"), told);
    ASSERT_EQ(ask("SELECT count(*) FROM (SELECT count(*) AS seen FROM observations GROUP BY track "
                  "HAVING seen <> " +
                  std::to_string(kSightings) + ")"),
              0);
  }
  std::printf("%d kills, %d videos told of\n", kKills, told);
  EXPECT_GE(told, kKills);
}

}  // namespace
}  // namespace deepstack
