#include "pipelines/serve/login.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "core/sha256.h"
#include "pipelines/serve/token_file.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

const std::string kToken = "correct-horse-battery";

std::string digest_of(const std::string& text) {
  Sha256 digest;
  digest.add(text.data(), text.size());
  return *digest.finish();
}

httplib::Request bearer(const std::string& token, const std::string& address = "10.0.0.7") {
  httplib::Request request;
  request.remote_addr = address;
  request.headers = {{"Authorization", "Bearer " + token}};
  return request;
}

httplib::Request with_cookie(const std::string& set_cookie) {
  httplib::Request request;
  request.remote_addr = "10.0.0.7";
  request.headers = {{"Cookie", "other=1; " + set_cookie.substr(0, set_cookie.find(';'))}};
  return request;
}

class LoginTest : public testing::Test {
 protected:
  int answer(const httplib::Request& request) {
    const auto refusal = login_.check(request);
    return refusal ? refusal->status : 200;
  }
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(0);
  Login login_{digest_of(kToken), clock_};
};

TEST_F(LoginTest, LetsTheTokenIn) {
  EXPECT_EQ(answer(bearer(kToken)), 200);
  EXPECT_EQ(answer(bearer(kToken + "x")), 401);
  EXPECT_EQ(answer(bearer("")), 401);
  EXPECT_EQ(answer(httplib::Request()), 401);
}

TEST_F(LoginTest, ASessionIsGivenForTheTokenAndEnds) {
  EXPECT_EQ(login_.log_in("10.0.0.7", "wrong").refusal->status, 401);
  const Login::Answer in = login_.log_in("10.0.0.7", kToken);
  ASSERT_FALSE(in.refusal);
  EXPECT_NE(in.cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(in.cookie.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(in.cookie.find(kToken), std::string::npos);
  EXPECT_EQ(answer(with_cookie(in.cookie)), 200);
  EXPECT_EQ(answer(with_cookie("deepstack_session=" + std::string(64, 'a'))), 401);
  login_.log_out(with_cookie(in.cookie));
  EXPECT_EQ(answer(with_cookie(in.cookie)), 401);
}

TEST_F(LoginTest, ASessionLastsTwelveHours) {
  const std::string cookie = login_.log_in("a", kToken).cookie;
  clock_->move_on(Login::kSessionSeconds - 1);
  EXPECT_EQ(answer(with_cookie(cookie)), 200);
  clock_->move_on(1);
  EXPECT_EQ(answer(with_cookie(cookie)), 401);
}

TEST_F(LoginTest, FiveWrongTokensAMinuteAndNoMore) {
  for (int i = 0; i < Login::kTriesAMinute; ++i) EXPECT_EQ(answer(bearer("wrong")), 401);
  EXPECT_EQ(answer(bearer("wrong")), 429);
  EXPECT_EQ(answer(bearer(kToken)), 429) << "or guessing would go on";
  EXPECT_EQ(answer(bearer(kToken, "10.0.0.8")), 200) << "others are not locked out";
  clock_->move_on(60);
  EXPECT_EQ(answer(bearer(kToken)), 200);
}

TEST_F(LoginTest, ANeighbourInIpv6IsOneAddress) {
  for (int i = 0; i < Login::kTriesAMinute; ++i) {
    EXPECT_EQ(answer(bearer("wrong", "2001:db8:1:2::" + std::to_string(i))), 401);
  }
  EXPECT_EQ(answer(bearer("wrong", "2001:db8:1:2:9:9:9:9")), 429);
  EXPECT_EQ(answer(bearer("wrong", "2001:db8:1:3::1")), 401);
}

TEST_F(LoginTest, RemembersABoundedNumberOfAddresses) {
  for (size_t i = 0; i < Login::kMostAddresses; ++i) answer(bearer("wrong", std::to_string(i)));
  EXPECT_EQ(answer(bearer(kToken, "new")), 429);
}

TEST_F(LoginTest, TheOldestSessionGoesWhenThereAreMany) {
  const std::string first = login_.log_in("a", kToken).cookie;
  for (size_t i = 0; i < Login::kMostSessions; ++i) {
    clock_->move_on(1);
    EXPECT_FALSE(login_.log_in("a", kToken).refusal);
  }
  EXPECT_EQ(answer(with_cookie(first)), 401);
}

TEST(LoginWithoutToken, LetsEverybodyIn) {
  Login login("", std::make_shared<ManualClock>(0));
  EXPECT_FALSE(login.check(httplib::Request()));
}

TEST(TokenFile, GivesTheDigestOfItsLine) {
  const TempFolder folder;
  const auto file = folder.write("token", kToken + "\n");
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(*read_token_digest(file), digest_of(kToken));
}

TEST(TokenFile, RefusesWhatOthersMayReadAndWhatIsNoToken) {
  const TempFolder folder;
  const auto refused = [&](const std::string& text, mode_t mode) {
    const auto file = folder.write("token", text);
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    const Result<std::string> digest = read_token_digest(file);
    EXPECT_TRUE(digest.ok() || digest.status().message().find(text) == std::string::npos);
    return !digest.ok();
  };
  EXPECT_TRUE(refused(kToken, 0640));
  EXPECT_TRUE(refused(kToken, 0604));
  EXPECT_TRUE(refused("short", 0600));
  EXPECT_TRUE(refused("a line that has spaces in it", 0600));
  EXPECT_TRUE(refused(kToken + "\n" + kToken, 0600));
  EXPECT_TRUE(refused(std::string(257, 'a'), 0600));
  EXPECT_FALSE(refused(kToken, 0400));
  ASSERT_EQ(symlink("token", (folder.path() / "link").c_str()), 0);
  EXPECT_FALSE(read_token_digest(folder.path() / "link").ok());
  EXPECT_EQ(read_token_digest(folder.path() / "none").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack::test
