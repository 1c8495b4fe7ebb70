// The archive: what goes in comes out again, by what it is asked for.
#include "core/store/archive_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/archive_folder.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class Archive : public test::ArchiveFolder {
 protected:
  // Two cameras; two people on the first, one on the second.
  void make() {
    const auto written = archive();
    ArchiveStep first = step_of(*written, video_of("door", 1));
    see(first, 1, 0xFF0000, 0, 5);
    see(first, 2, 0x00FF00, 10, 3);
    ASSERT_TRUE(written->commit(first).ok());
    ArchiveStep second = step_of(*written, video_of("yard", 2));
    see(second, 1, 0xFF0000, 30, 4);
    ASSERT_TRUE(written->commit(second).ok());
  }
};

TEST_F(Archive, WhatGoesInComesOut) {
  make();
  const auto read = archive(StoreAccess::kRead);
  const auto videos = all(*read, &ArchiveStore::videos);
  ASSERT_EQ(videos.size(), 2U);
  EXPECT_EQ(videos[0].camera, "door");
  EXPECT_EQ(videos[0].status, VideoStatus::kAnalysed);
  EXPECT_EQ(videos[1].start_ns, video_of("yard", 2).start_ns);
  const auto tracks = all(*read, &ArchiveStore::tracks);
  ASSERT_EQ(tracks.size(), 3U);
  EXPECT_EQ(tracks[1].number, 2);
  EXPECT_EQ(tracks[1].last_pts_ns, 12'000'000'000);
  EXPECT_EQ(tracks[1].identity, 0);
  const auto seen = all(*read, &ArchiveStore::sightings, {.with_tokens = true});
  ASSERT_EQ(seen.size(), 12U);
  EXPECT_EQ(seen[0].camera, "door");
  EXPECT_EQ(seen[0].label, "person");
  EXPECT_EQ(seen[1].observation.box, (Box{10, 20, 30, 80}));
  EXPECT_EQ(seen[0].observation.tokens, to_half(test::appearance_of(0xFF0000, 0).tokens));
  EXPECT_TRUE(seen[1].observation.tokens.empty());
  EXPECT_EQ(seen[1].observation.levels, seen[0].observation.levels);
}

TEST_F(Archive, FiltersSayWhatIsRead) {
  make();
  const auto read = archive(StoreAccess::kRead);
  const double start_s = video_of("door", 1).start_s();
  const struct {
    ArchiveFilter filter;
    ArchiveCounts counts;
  } cases[] = {
      {{}, {2, 3, 12, 0}},
      {{.camera = "door"}, {1, 2, 8, 0}},
      {{.camera = "roof"}, {0, 0, 0, 0}},
      {{.label = "car"}, {2, 0, 0, 0}},
      {{.from_s = start_s + 4, .to_s = start_s + 10.5}, {1, 2, 2, 0}},
      {{.from_s = start_s + 80}, {1, 1, 4, 0}},
      {{.video = 2}, {1, 1, 4, 0}},
      {{.track = 1}, {2, 1, 5, 0}},
      {{.key_views_only = true}, {2, 3, 3, 0}},
      {{.done_only = true}, {0, 0, 0, 0}},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    const auto counts = read->count(cases[i].filter);
    ASSERT_TRUE(counts.ok()) << counts.status().message();
    EXPECT_EQ(counts->videos, cases[i].counts.videos) << i;
    EXPECT_EQ(counts->tracks, cases[i].counts.tracks) << i;
    EXPECT_EQ(counts->observations, cases[i].counts.observations) << i;
    EXPECT_EQ(all(*read, &ArchiveStore::sightings, cases[i].filter).size(),
              static_cast<size_t>(cases[i].counts.observations))
        << i;
    EXPECT_EQ(all(*read, &ArchiveStore::tracks, cases[i].filter).size(),
              static_cast<size_t>(cases[i].counts.tracks))
        << i;
  }
}

TEST_F(Archive, AReaderStopsWhenItHasEnough) {
  make();
  const auto read = archive(StoreAccess::kRead);
  int seen = 0;
  ASSERT_TRUE(read->sightings({}, [&](const Sighting&) { return ++seen < 3; }).ok());
  EXPECT_EQ(seen, 3);
}

TEST_F(Archive, AVideoIsAddedOnce) {
  const auto written = archive();
  const ArchiveVideo first = *written->add(video_of("door", 1));
  ArchiveVideo again = video_of("other", 1);
  EXPECT_EQ(written->add(again)->id, first.id);
  EXPECT_EQ(written->add(again)->camera, "door");
  again.settings_hash = "others";
  EXPECT_NE(written->add(again)->id, first.id);
}

TEST_F(Archive, GoesOnFromTheLastStep) {
  {
    const auto written = archive();
    ArchiveStep step = step_of(*written, video_of("door", 1));
    step.video.status = VideoStatus::kRunning;
    step.video.resume_frame = 70;
    step.resume_state = std::string("state\0with zero", 15);
    see(step, 1, 1, 0, 2);
    ASSERT_TRUE(written->commit(step).ok());
  }
  const auto written = archive();
  const auto known = written->find_video("content 1", "settings");
  ASSERT_TRUE(known.ok() && *known);
  EXPECT_EQ((*known)->resume_frame, 70);
  EXPECT_EQ(*written->resume_state((*known)->id), std::string("state\0with zero", 15));
  ArchiveStep step;
  step.video = **known;
  see(step, 1, 1, 0, 4);
  step.observations.erase(step.observations.begin(), step.observations.begin() + 2);
  step.demoted = {{1, 0}};
  ASSERT_TRUE(written->commit(step).ok());
  ASSERT_EQ(all(*written, &ArchiveStore::tracks).size(), 1U);
  EXPECT_EQ(all(*written, &ArchiveStore::tracks)[0].last_pts_ns, 3'000'000'000);
  EXPECT_EQ(all(*written, &ArchiveStore::sightings).size(), 4U);
  EXPECT_EQ(all(*written, &ArchiveStore::sightings, {.key_views_only = true}).size(), 0U);
}

TEST_F(Archive, AStepIsDoneWhollyOrNotAtAll) {
  const auto written = archive();
  ArchiveStep step = step_of(*written, video_of("door", 1));
  see(step, 1, 1, 0, 2);
  step.observations.push_back(step.observations.back());
  step.observations.back().track = 7;  // there is none
  EXPECT_FALSE(written->commit(step).ok());
  EXPECT_EQ(written->count({})->tracks, 0);
  EXPECT_EQ(all(*written, &ArchiveStore::videos)[0].status, VideoStatus::kQueued);
}

TEST_F(Archive, TracksGetIdentitiesAndTheGalleryItsChanges) {
  make();
  {
    const auto written = archive();
    ArchiveIdentities found;
    found.tracks = {{1, 1, 0.9F}, {2, 0, 0}};
    Identity known{.uuid = "00000000-0000-4000-8000-000000000001",
                   .number = 1,
                   .label = "person",
                   .first_seen_s = 1.8e9 + 100,
                   .last_seen_s = 1.8e9 + 100,
                   .prototypes = {}};
    found.changes.changed.push_back({known, GalleryChanges::Kind::kNew});
    found.changes.last_number = 1;
    const Status status = written->identify(1, found);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(*written->last_number(), 1);
  }
  const auto read = archive(StoreAccess::kRead);
  const auto tracks = all(*read, &ArchiveStore::tracks, {.identity = 1});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_FLOAT_EQ(tracks[0].score, 0.9F);
  EXPECT_EQ(read->count({.done_only = true})->videos, 1);
  EXPECT_EQ(read->count({})->identities, 1);
  std::vector<Identity> identities;
  ASSERT_TRUE(read->identities([&](Identity each) { identities.push_back(each); }).ok());
  ASSERT_EQ(identities.size(), 1U);
  EXPECT_EQ(identities[0].first_seen_s, tracks[0].first_seen_s);
  EXPECT_EQ(identities[0].last_seen_s, 1.8e9 + 100);
}

TEST_F(Archive, AVideoGoesWithAllThatIsInIt) {
  make();
  const auto written = archive();
  ASSERT_TRUE(written->remove_video(1).ok());
  EXPECT_EQ(written->count({})->observations, 4);
  EXPECT_EQ(written->count({})->tracks, 1);
  ASSERT_TRUE(written->checkpoint().ok());
}

TEST_F(Archive, AnotherModelsIsRefused) {
  make();
  StoreModel other = store_model();
  other.sha256 = "1234";
  EXPECT_TRUE(open_archive(store(), StoreAccess::kWrite, other).ok()) << "now it is known";
  other.sha256 = "5678";
  const Status status = open_archive(store(), StoreAccess::kRead, other).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalid);
  EXPECT_THAT(status.message(), HasSubstr("weights 1234"));
}

TEST_F(Archive, NoSecondWriter) {
  const auto written = archive();
  EXPECT_EQ(open_archive(store(), StoreAccess::kWrite, store_model()).status().code(),
            StatusCode::kUnavailable);
  EXPECT_TRUE(open_archive(store(), StoreAccess::kRead, store_model()).ok());
}

}  // namespace
}  // namespace deepstack
