// What the tests of the archive share: a folder for it, and videos, tracks and sightings to put in.
#pragma once

#include "core/identity/half_tokens.h"
#include "core/store/archive_store.h"
#include "tests/support/store_folder.h"

namespace deepstack::test {

class ArchiveFolder : public StoreFolder {
 protected:
  std::unique_ptr<ArchiveStore> archive(StoreAccess access = StoreAccess::kWrite) const {
    auto opened = open_archive(store(), access, store_model());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  static ArchiveVideo video_of(const std::string& camera, int number) {
    return {.camera = camera,
            .path = "/videos/" + std::to_string(number) + ".mp4",
            .content_hash = "content " + std::to_string(number),
            .settings_hash = "settings",
            .start_ns = 1'800'000'000'000'000'000 + number * 60'000'000'000,
            .start_source = "name",
            .duration_s = 60,
            .fps = 25,
            .width = 640,
            .height = 480};
  }

  // Somebody with this look, seen once a second from this second of the video on.
  static void see(ArchiveStep& step, int64_t number, Look look, int from_s, int seconds) {
    const double start_s = step.video.start_s();
    const FeatureShape shape = scripted_shape();
    step.tracks.push_back({.number = number,
                           .label = "person",
                           .first_seen_s = start_s + from_s,
                           .last_seen_s = start_s + from_s + seconds - 1,
                           .first_pts_ns = int64_t{from_s} * 1'000'000'000,
                           .last_pts_ns = int64_t{from_s + seconds - 1} * 1'000'000'000});
    for (int i = 0; i < seconds; ++i) {
      const Appearance view = appearance_of(look, start_s + from_s + i);
      std::vector<uint16_t> tokens = to_half(view.tokens);
      std::vector<uint16_t> levels;
      for (int level = 0; level < shape.levels; ++level) {
        const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(level) *
                                                                        shape.level_size());
        levels.insert(levels.end(), first, first + shape.width);
      }
      step.observations.push_back({.track = number,
                                   .seconds = start_s + from_s + i,
                                   .pts_ns = int64_t{from_s + i} * 1'000'000'000,
                                   .box = {static_cast<float>(10 * i), 20, 30, 80},
                                   .score = 0.9F,
                                   .quality = 0.8F,
                                   .gate = view.gate,
                                   .levels = std::move(levels),
                                   .tokens = i == 0 ? std::move(tokens) : std::vector<uint16_t>()});
    }
  }

  static ArchiveStep step_of(ArchiveStore& archive, const ArchiveVideo& video) {
    auto added = archive.add(video);
    EXPECT_TRUE(added.ok()) << added.status().message();
    ArchiveStep step;
    step.video = *added;
    step.video.status = VideoStatus::kAnalysed;
    return step;
  }

  template <typename Record>
  using Read = Status (ArchiveStore::*)(const ArchiveFilter&, const ArchiveStore::Take<Record>&);

  template <typename Record>
  static std::vector<Record> all(ArchiveStore& archive, Read<Record> read,
                                 const ArchiveFilter& filter = {}) {
    std::vector<Record> records;
    const Status status = (archive.*read)(filter, [&](Record record) {
      records.push_back(std::move(record));
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return records;
  }
};

}  // namespace deepstack::test
