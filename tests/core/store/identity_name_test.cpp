#include "core/store/identity_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepstack {
namespace {

using testing::HasSubstr;

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(IdentityName, IsWhatPeopleAreCalled) {
  for (const std::string& name :
       {std::string(), std::string("Ana"), std::string("Zoë Müller-Ångström"),
        std::string("山田 太郎"), std::string("Ólafur d'Arc (2nd)"), std::string("🐈"),
        repeated("ß", 80)}) {
    EXPECT_TRUE(check_name(name).ok()) << name << ": " << check_name(name).message();
  }
}

TEST(IdentityName, IsOneLineThatIsSeenAsItIs) {
  const struct {
    std::string name;
    const char* why;
  } cases[] = {
      {"a\nb", "character 10"},
      {std::string("a\0b", 3), "character 0"},
      {"\x1b[31mred", "character 27"},
      {"a\x7f", "character 127"},
      {"\xc2\x85", "character 133"},
      {"txt\xe2\x80\xae\x67\x6e\x70", "character 8238"},  // turns the direction
      {"a\xe2\x80\x8b", "character 8203"},                // no width
      {"\xef\xbb\xbf"
       "a",
       "character 65279"},
      {"\xf3\xa0\x81\x81", "character 917569"},  // a tag
      {repeated("a", 81), "more than 80 characters"},
      {" a", "space"},
      {"a ", "space"},
  };
  for (const auto& wrong : cases) {
    const Status status = check_name(wrong.name);
    EXPECT_EQ(status.code(), StatusCode::kInvalid) << wrong.why;
    EXPECT_THAT(status.message(), HasSubstr(wrong.why));
  }
}

TEST(IdentityName, IsUtf8) {
  for (const char* name : {"a\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "ab\xe2\x82"}) {
    EXPECT_THAT(check_name(name).message(), HasSubstr("no UTF-8 from its byte"));
  }
}

}  // namespace
}  // namespace deepstack
