#include "core/camera/credentials.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using std::filesystem::perms;

class CredentialsFile : public testing::Test {
 protected:
  ~CredentialsFile() override { unsetenv("CREDENTIALS_DIRECTORY"); }

  std::string write(const std::string& text, perms mode = perms::owner_read | perms::owner_write) {
    const std::filesystem::path path = folder_.path() / "camera";
    std::ofstream(path) << text;
    std::filesystem::permissions(path, mode);
    return path.string();
  }

  test::TempFolder folder_;
};

TEST_F(CredentialsFile, HasOneLine) {
  const Result<Credentials> read = read_credentials(write("admin:pa:ss wo#rd \n"));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->user, "admin");
  EXPECT_EQ(read->password, "pa:ss wo#rd ");
  EXPECT_EQ(read_credentials(write("admin:"))->password, "");
}

TEST_F(CredentialsFile, IsRefusedWhenOthersMayReadIt) {
  for (const perms more : {perms::group_read, perms::others_read, perms::group_write,
                           perms::others_write, perms::others_exec}) {
    const Result<Credentials> read =
        read_credentials(write("admin:S3cret", perms::owner_read | more));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.status().code(), StatusCode::kInvalid);
    EXPECT_NE(read.status().message().find("it must be 0600"), std::string::npos);
    EXPECT_EQ(read.status().message().find("S3cret"), std::string::npos);
  }
  EXPECT_TRUE(read_credentials(write("a:b", perms::owner_read)).ok());
}

TEST_F(CredentialsFile, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "\n", "S3cret", ":S3cret", "a:S3cret\nb:c", "a:S3\x01cret"}) {
    const Result<Credentials> read = read_credentials(write(text));
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.status().message().find("S3"), std::string::npos) << read.status().message();
  }
  EXPECT_FALSE(read_credentials(write(std::string(5000, 'a'))).ok());
  EXPECT_EQ(read_credentials("/no/such/file").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(read_credentials(folder_.path().string()).status().code(), StatusCode::kCorrupt);
}

TEST_F(CredentialsFile, IsFoundWhereSystemdPutsIt) {
  write("admin:word", perms::owner_read | perms::group_read);
  EXPECT_EQ(read_credentials("camera").status().code(), StatusCode::kNotFound);
  setenv("CREDENTIALS_DIRECTORY", folder_.path().c_str(), 1);
  const Result<Credentials> read = read_credentials("camera");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->password, "word");
  EXPECT_FALSE(read_credentials((folder_.path() / "camera").string()).ok()) << "a path is a path";
}

TEST_F(CredentialsFile, WinsOverThePropertyAndThatOverTheAddress) {
  const Credentials set{"set", "set-pw"}, of_address{"address", "address-pw"};
  const auto shown = [](const Result<Credentials>& credentials) {
    return credentials.ok() ? credentials->user + " " + credentials->password : "";
  };
  EXPECT_EQ(shown(choose_credentials(write("file:file-pw\n"), set, of_address)), "file file-pw");
  EXPECT_EQ(shown(choose_credentials("", set, of_address)), "set set-pw");
  EXPECT_EQ(shown(choose_credentials("", {}, of_address)), "address address-pw");
  EXPECT_EQ(shown(choose_credentials("", {"set", ""}, of_address)), "set address-pw");
  EXPECT_FALSE(choose_credentials("/none/file", set, of_address).ok());
}

}  // namespace
}  // namespace deepstack
