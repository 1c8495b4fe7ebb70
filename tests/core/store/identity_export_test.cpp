#include "core/store/identity_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "core/model/host_tensor.h"
#include "core/regular_file.h"
#include "core/store/identity_edits.h"
#include "tests/support/known_people.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class IdentityExport : public test::KnownPeople {
 protected:
  std::filesystem::path target() const { return folder_.path() / "ana"; }
  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777U;
  }
};

TEST_F(IdentityExport, HasAllThatIsKnownOfOneAndNobodyElse) {
  make({1, 2});
  EditableStore open = edit();
  ASSERT_TRUE(name_identity(open, 1, "Zoë").ok());
  const auto report = export_identity(open, 1, target());
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->tracks, 2);
  EXPECT_EQ(report->observations, 10);
  const auto json = nlohmann::json::parse(*read_text_file(report->json, 1 << 20));
  EXPECT_EQ(json["uuid"], record(1).uuid);
  EXPECT_EQ(json["name"], "Zoë");
  EXPECT_EQ(json["tracks"].size(), 2U);
  EXPECT_EQ(json["tracks"][0]["camera"], "door");
  EXPECT_EQ(json["tracks"][0]["first_seen_utc"], "2027-01-15T08:01:00.000000Z");
  EXPECT_EQ(json["observations"].size(), 10U);
  EXPECT_EQ(json["observations"][1]["x"], 10);
  EXPECT_EQ(json["observations"][0]["key_view"], 1);
  EXPECT_EQ(json.dump().find(record(2).uuid), std::string::npos);

  const auto features = Safetensors::open(report->features);
  ASSERT_TRUE(features.ok()) << features.status().message();
  const auto levels = read_tensor(*features, "observations.levels");
  ASSERT_TRUE(levels.ok()) << levels.status().message();
  EXPECT_EQ(levels->shape, (std::vector<int64_t>{10, 3, 32}));
  EXPECT_EQ(read_tensor(*features, "observations.tokens")->shape,
            (std::vector<int64_t>{2, 3, 8, 32}));
  const auto tokens = read_tensor(*features, "prototypes.tokens");
  EXPECT_EQ(tokens->shape, (std::vector<int64_t>{1, 3, 8, 32}));
  const std::vector<uint16_t> expected = to_half(test::appearance_of(1, 0).tokens);
  EXPECT_EQ(tokens->bytes,
            std::string(reinterpret_cast<const char*>(expected.data()), expected.size() * 2));
}

TEST_F(IdentityExport, IsForItsOwnerOnlyAndOverwritesNothing) {
  make({1});
  EditableStore open = edit();
  const mode_t mask = ::umask(0);
  ASSERT_TRUE(export_identity(open, 1, target()).ok());
  ::umask(mask);
  EXPECT_EQ(mode_of(target().string() + ".json"), 0600U);
  EXPECT_EQ(mode_of(target().string() + ".safetensors"), 0600U);
  const Status status = export_identity(open, 1, target()).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalid);
  EXPECT_THAT(status.message(), HasSubstr("ana.json: is there already"));
  EXPECT_EQ(audit().size(), 1U) << "once, as nothing was given away the second time";
  EXPECT_EQ(audit()[0].action, "export");

  folder_.write("ben.safetensors", "mine");
  EXPECT_FALSE(export_identity(open, 1, folder_.path() / "ben").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "ben.json")) << "both or none";
  std::filesystem::create_symlink(folder_.path() / "elsewhere", folder_.path() / "eve.json");
  EXPECT_FALSE(export_identity(open, 1, folder_.path() / "eve").ok());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST_F(IdentityExport, GoesOnBesideALearner) {
  make({1});
  const auto gallery = open();
  auto beside = EditableStore::open_beside_writer(store(), "tester");
  ASSERT_TRUE(beside.ok()) << beside.status().message();
  ASSERT_TRUE(export_identity(*beside, 1, target()).ok());
  EXPECT_EQ(audit().size(), 1U);
  learn(*gallery, 2, kSeen_s);
  EXPECT_TRUE(gallery->flush().ok());
}

TEST_F(IdentityExport, OfNobodyMakesNothing) {
  make({1});
  EditableStore open = edit();
  EXPECT_EQ(export_identity(open, 2, target()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(export_identity(open, 1, folder_.path() / "no" / "folder").status().code(),
            StatusCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(target().string() + ".json"));
}

}  // namespace
}  // namespace deepstack
