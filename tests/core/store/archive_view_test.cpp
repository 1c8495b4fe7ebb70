#include "core/store/archive_view.h"

#include <gmock/gmock.h>

#include "tests/support/archive_folder.h"

namespace deepstack::test {
namespace {

constexpr Look kLook = 3;

// Two cameras, a minute apart; identity 1 is on both, 2 on the second.
class ArchiveViewTest : public ArchiveFolder {
 protected:
  ArchiveViewTest() {
    const auto writer = archive();
    ArchiveStep gate = step_of(*writer, video_of("gate", 1));
    see(gate, 1, kLook, 2, 3);
    EXPECT_TRUE(writer->commit(gate).ok());
    ArchiveStep yard = step_of(*writer, video_of("yard", 2));
    see(yard, 1, kLook, 10, 2);
    see(yard, 2, kLook, 20, 2);
    EXPECT_TRUE(writer->commit(yard).ok());
    start_s_ = gate.video.start_s();
  }
  void SetUp() override {
    for (const char* row : {"(1, 'aaaa', 'person', 1, 1, 'Ada')", "(2, 'bbbb', 'dog', 1, 1, '')"}) {
      change("INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s, name) VALUES" +
             std::string(row));
    }
    change("UPDATE tracks SET identity = track");
    auto opened = ArchiveView::open(store());
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    view_ = *std::move(opened);
  }
  ArchiveView::Filter all() const {
    return {.from_s = 0, .to_s = 2e9, .cameras = {}, .labels = {}, .text = ""};
  }
  // Numbers of the rows that the filter lets through.
  std::vector<int64_t> numbers(const ArchiveView::Filter& filter, size_t offset = 0,
                               size_t limit = 10) {
    const auto rows = view_->timeline(filter, offset, limit);
    EXPECT_TRUE(rows.ok()) << rows.status().message();
    std::vector<int64_t> found;
    for (const ArchiveView::Row& row : rows->rows) found.push_back(row.identity.number);
    return found;
  }

  double start_s_ = 0;
  std::unique_ptr<ArchiveView> view_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ArchiveViewTest, TheMostRecentlySeenComesFirstInWindowsOfRows) {
  EXPECT_THAT(numbers(all()), ElementsAre(2, 1));
  EXPECT_THAT(numbers(all(), 1, 1), ElementsAre(1));
  EXPECT_THAT(numbers(all(), 2, 1), IsEmpty());
  EXPECT_EQ(view_->timeline(all(), 1, 1)->total, 2);
}

TEST_F(ArchiveViewTest, AFilterLetsThroughWhatFitsAllOfIt) {
  ArchiveView::Filter filter = all();
  filter.cameras = {"gate"};
  EXPECT_THAT(numbers(filter), ElementsAre(1));
  filter.labels = {"dog"};
  EXPECT_THAT(numbers(filter), IsEmpty());
  filter = all();
  filter.to_s = start_s_ + 30;
  EXPECT_THAT(numbers(filter), ElementsAre(1));
  for (const char* text : {"ada", "DA", "aaa", "1", "#1"}) {
    filter = all();
    filter.text = text;
    EXPECT_THAT(numbers(filter), ElementsAre(1)) << text;
  }
  filter.text = "%";
  EXPECT_THAT(numbers(filter), IsEmpty()) << "it is no pattern";
}

TEST_F(ArchiveViewTest, StaysThatAPixelCannotTellApartAreOne) {
  const auto whole =
      view_->timeline({.from_s = 0, .to_s = 2e9, .cameras = {}, .labels = {}, .text = "ada"}, 0, 1);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->rows[0].stays.size(), 2U) << "cameras are told apart";
  change("UPDATE tracks SET identity = 2");
  const auto merged = view_->timeline(
      {.from_s = 0, .to_s = 2e9, .cameras = {"yard"}, .labels = {}, .text = ""}, 0, 1);
  ASSERT_EQ(merged->rows[0].stays.size(), 1U);
  EXPECT_EQ(merged->rows[0].stays[0].tracks, 2);
  const auto near = view_->timeline(
      {.from_s = start_s_, .to_s = start_s_ + 120, .cameras = {"yard"}, .labels = {}, .text = ""},
      0, 1);
  EXPECT_EQ(near->rows[0].stays.size(), 2U);
}

TEST_F(ArchiveViewTest, WhoIsPartOfSomebodyElseOrOptedOutIsNotShown) {
  change("UPDATE identities SET opted_out = 1 WHERE number = 2");
  EXPECT_THAT(numbers(all()), ElementsAre(1));
  EXPECT_EQ(view_->identity(2).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(view_->overview()->identities, 1);
  change("UPDATE identities SET opted_out = 0, merged_into = 1 WHERE number = 2");
  EXPECT_THAT(numbers(all()), ElementsAre(1));
  EXPECT_EQ(view_->identity(2)->identity.merged_into, 1);
}

TEST_F(ArchiveViewTest, SeesWhatIsWrittenBesideIt) {
  const int64_t before = *view_->version();
  EXPECT_EQ(view_->overview()->tracks, 3);
  change("DELETE FROM tracks WHERE identity = 2");
  EXPECT_NE(*view_->version(), before);
  EXPECT_EQ(view_->overview()->tracks, 2);
  EXPECT_THAT(numbers(all()), ElementsAre(1));
}

TEST_F(ArchiveViewTest, CountsTracksByCameraAndPart) {
  ArchiveView::Filter filter = all();
  filter.from_s = start_s_;
  filter.to_s = start_s_ + 120;
  const auto counts = view_->activity(filter, 2);
  ASSERT_TRUE(counts.ok());
  EXPECT_THAT(counts->at("gate"), ElementsAre(1, 0));
  EXPECT_THAT(counts->at("yard"), ElementsAre(0, 2));
}

TEST_F(ArchiveViewTest, GivesTheBoxesOfAVideoInAWindow) {
  const auto tracks = view_->video_tracks(2, 10.5, 100);
  ASSERT_TRUE(tracks.ok());
  ASSERT_EQ(tracks->size(), 2U);
  EXPECT_EQ((*tracks)[0].boxes.size(), 1U);
  EXPECT_EQ((*tracks)[0].track.name, "Ada");
  EXPECT_EQ((*tracks)[0].track.sightings, 2);
  EXPECT_EQ((*tracks)[1].boxes.size(), 2U);
  EXPECT_EQ(view_->video_tracks(2, 0, 100, 3)->back().boxes.size(), 1U) << "three boxes in all";
}

TEST_F(ArchiveViewTest, SaysWhatIsNotThere) {
  EXPECT_EQ(view_->identity(9).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(view_->video(9).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(view_->picture(999).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ArchiveView::open(folder_.path() / "none").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack::test
