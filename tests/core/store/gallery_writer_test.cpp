// What the writer does by itself: let go of what is too old.
#include "core/store/gallery_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>

#include "tests/support/known_people.h"
#include "tests/support/manual_clock.h"

namespace deepstack {
namespace {

using namespace std::chrono_literals;

class GalleryOfNobody final : public ChangeSource {
 public:
  explicit GalleryOfNobody(double latest_s) : latest_s_(latest_s) {}

  GalleryChanges take_changes() override { return {}; }
  void give_back(const GalleryChanges& /*changes*/) override {}
  double latest_s() const override { return latest_s_; }
  void expire_before(double unix_s) override {
    const std::lock_guard lock(mutex_);
    expired_before_s_ = unix_s;
    called_.notify_all();
  }

  void see(double unix_s) { latest_s_ = unix_s; }

  // Whom the writer last had it forget; 0 when it does nothing for ten seconds.
  double next_expiry() {
    std::unique_lock lock(mutex_);
    called_.wait_for(lock, 10s, [this] { return expired_before_s_ != 0; });
    return std::exchange(expired_before_s_, 0);
  }

 private:
  std::atomic<double> latest_s_;
  std::mutex mutex_;
  std::condition_variable called_;
  double expired_before_s_ = 0;
};

class Writer : public test::KnownPeople {
 protected:
  static constexpr double kTtl_s = 5;  // looked at every second

  IdentityStore store_to_write() const {
    auto opened = IdentityStore::open(store(), StoreAccess::kWrite, store_model());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *std::move(opened);
  }
};

TEST_F(Writer, LetsGoOfWhatIsTooOldAlsoWhenNobodyIsSeen) {
  make({1, 2});
  GalleryOfNobody gallery(kSeen_s + 24);
  GalleryWriter writer(store_to_write(), gallery, kTtl_s,
                       std::make_shared<test::ManualClock>(kSeen_s + 1000));
  EXPECT_EQ(gallery.next_expiry(), kSeen_s + 1000 - kTtl_s) << "by the wall clock";
  EXPECT_TRUE(writer.flush().ok());
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM observations"), 0);
  EXPECT_EQ(audit().front().action, "retention");
}

TEST_F(Writer, GoesByTheTimeOfTheGalleryWhileSomebodyIsSeen) {
  make({1, 2});
  GalleryOfNobody gallery(kSeen_s + 20);
  GalleryWriter writer(store_to_write(), gallery, kTtl_s,
                       std::make_shared<test::ManualClock>(kSeen_s + 1e7));
  gallery.see(kSeen_s + 24);
  EXPECT_EQ(gallery.next_expiry(), kSeen_s + 24 - kTtl_s) << "of an old recording";
  EXPECT_TRUE(writer.flush().ok());
  EXPECT_EQ(ask("SELECT count(*) FROM tracks"), 2);
}

TEST_F(Writer, KeepsToWhatWasSetForTheStoreWhenThatIsLess) {
  make({1, 2});
  {
    EditableStore open = edit();
    ASSERT_TRUE(set_stored_retention_s(open.file, 2).ok());
  }
  GalleryOfNobody gallery(kSeen_s);
  GalleryWriter writer(store_to_write(), gallery, kTtl_s,
                       std::make_shared<test::ManualClock>(kSeen_s + 1000));
  EXPECT_EQ(gallery.next_expiry(), kSeen_s + 1000 - 2);
}

}  // namespace
}  // namespace deepstack
