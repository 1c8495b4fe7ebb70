// What the tests of the store share: a folder of their own, settings and a model for it,
// identities.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/store/open_gallery.h"
#include "tests/support/scripted_features.h"
#include "tests/support/temp_folder.h"

namespace deepstack::test {

class StoreFolder : public testing::Test {
 protected:
  StoreFolder() {
    settings_.gallery_location = (folder_.path() / "store").string();
    model_.name = "scripted 1";
    model_.shape = scripted_shape();
    model_.match = scripted_match();
  }

  std::filesystem::path store() const { return settings_.gallery_location; }
  std::filesystem::path file() const { return store() / "deepstack.sqlite"; }
  StoreModel store_model() const { return {model_.name, model_.shape}; }

  Settings reading() const {
    Settings settings = settings_;
    settings.gallery_mode = GalleryMode::kRead;
    return settings;
  }

  std::shared_ptr<SharedGallery> open(const Settings& settings) const {
    auto opened = open_gallery(settings, model_);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? *opened : nullptr;
  }
  std::shared_ptr<SharedGallery> open() const { return open(settings_); }
  Status refusal(const Settings& settings) const { return open_gallery(settings, model_).status(); }
  Status refusal() const { return refusal(settings_); }

  // Somebody with this look, seen once.
  static KnownIdentity learn(SharedGallery& gallery, Look look, double seconds) {
    KnownIdentity added = gallery.add("person", seconds);
    gallery.learn(added.number, appearance_of(look, seconds), 0);
    return added;
  }

  // The likeliest to be this look; number 0: nobody is.
  static KnownIdentity recognised(const SharedGallery& gallery, Look look, double seconds) {
    const Appearance view = appearance_of(look, seconds);
    const auto found = gallery.search({{&view}, "person", seconds});
    EXPECT_TRUE(found.ok());
    KnownIdentity best;
    float highest = 0.5F;
    for (const Candidate& candidate : *found) {
      if (candidate.probability < highest) continue;
      highest = candidate.probability;
      best = candidate.identity;
    }
    return best;
  }

  // What a statement of SQL answers, by a connection of its own.
  int64_t ask(const std::string& sql) const {
    auto database = SqliteDatabase::open(file(), StoreAccess::kRead);
    EXPECT_TRUE(database.ok()) << database.status().message();
    const auto answer = database->integer(sql);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? *answer : -1;
  }
  void change(const std::string& sql) const {
    auto database = SqliteDatabase::open(file(), StoreAccess::kWrite);
    ASSERT_TRUE(database.ok()) << database.status().message();
    const Status status = database->execute(sql);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  bool is_sound() const {
    auto database = SqliteDatabase::open(file(), StoreAccess::kRead);
    if (!database.ok()) return false;
    auto check = database->prepare("PRAGMA integrity_check");
    return check.ok() && check->step().ok() && check->text(0) == "ok";
  }

  TempFolder folder_;
  Settings settings_;
  ModelInfo model_;
};

}  // namespace deepstack::test
