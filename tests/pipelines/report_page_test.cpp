// The page and the table: strangers' text stays text, the same input gives the same bytes.
#include "pipelines/report/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <nlohmann/json.hpp>

#include "core/overlay/colors.h"
#include "pipelines/report/identity_table.h"
#include "tests/pipelines/report_events.h"

namespace deepstack::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const ReportedVideo kVideo{
    .name = "clip.avi", .width = 100, .height = 100, .fps = 10, .frames = 100, .processing_s = 2.5};

std::string page_of(const EventLog& log) {
  const IdentityHistory history = make_history(log);
  return html_page(log, history, plan_thumbnails(history), kVideo);
}

size_t occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

nlohmann::json data_of(const std::string& page) {
  const std::string mark = "id=\"data\">";
  const size_t begin = page.find(mark) + mark.size();
  return nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

TEST(HtmlPage, HostileTextNeverBecomesMarkup) {
  const std::string plain = page_of(*EventLines("door").see(0, 1, kAnna).log());
  for (const std::string text :
       {"</script><script>alert(1)</script>", "<!--<script>", "\"'><img src=x onerror=alert(1)>",
        "{\"report\":\"data\"}", ")page\"", "\xE2\x80\xA8&lt;"}) {
    const auto log = EventLines(text).label(text).see(0, 1, kAnna).log();
    ASSERT_TRUE(log.ok());
    const std::string page = page_of(*log);
    EXPECT_EQ(occurrences(page, "<"), occurrences(plain, "<")) << text;
    EXPECT_EQ(data_of(page)["source"], text);
    EXPECT_EQ(data_of(page)["identities"][0]["label"], text);
  }
}

TEST(HtmlPage, TextThatIsNoUtf8IsMadeValid) {
  EventLog log = *EventLines().see(0, 1, kAnna).log();
  log.source = "a\xFFz";
  EXPECT_EQ(data_of(page_of(log))["source"], "a\xEF\xBF\xBDz");
}

TEST(HtmlPage, LongNamesAreCutBetweenCharacters) {
  std::string name(EventLog::kMaxNameBytes - 1, 'x');
  const auto log = EventLines(name + "\xC3\xA4tail").see(0, 1, kAnna).log();
  EXPECT_EQ(log->source, name);
}

TEST(HtmlPage, LoadsNothing) {
  const std::string page = page_of(*EventLines().see(0, 1, kAnna).log());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("innerHTML")));
}

TEST(HtmlPage, SameInputGivesTheSameBytes) {
  const EventLines lines = EventLines().see(0, 1, kAnna).see(5, 2, kAnna, 0.8F, 5).stats(7);
  EXPECT_EQ(page_of(*lines.log()), page_of(*lines.log()));
}

TEST(HtmlPage, SaysWhatTheEventsSay) {
  const auto data = data_of(page_of(*EventLines()
                                         .see(0, 1, kAnna)
                                         .see(1, 2, "")
                                         .see(5, 3, kAnna, 0.8F, 5)
                                         .merge(6, kBert, kAnna)
                                         .stats(7)
                                         .log()));
  EXPECT_EQ(data["analysed"], 7);
  EXPECT_EQ(data["merges"], 1);
  EXPECT_EQ(data["length"], 10'000);
  EXPECT_EQ(data["unknown"].size(), 1U);
  EXPECT_EQ(data["identities"][0]["gap"], 5.0);
  EXPECT_EQ(data["identities"][0]["stretches"][1]["score"], 0.8);
  EXPECT_TRUE(data["identities"][0]["stretches"][0]["score"].is_null());
}

TEST(Thumbnails, TakeTheLargestUncoveredSightingOfEachVisit) {
  const auto log = EventLines()
                       .see(0, 1, kAnna, 1, 0, {10, 10, 10, 20})
                       .see(0.2, 1, kAnna, 1, 0, {10, 10, 20, 40})
                       .see(0.4, 1, kAnna, 1, 0, {10, 10, 30, 60})
                       .see(0.4, 2, kBert, 1, 0, {12, 12, 30, 60})
                       .see(9, 3, kAnna, 0.9F, 8.6, {10, 10, 11, 22})
                       .log();
  const std::vector<Thumbnail> planned = plan_thumbnails(make_history(*log));
  ASSERT_EQ(planned.size(), 3U);
  EXPECT_TRUE(planned[0].best);
  EXPECT_EQ(planned[0].time_ns, 200'000'000);
  EXPECT_EQ(planned[1].time_ns, 9'000'000'000);
  EXPECT_EQ(planned[2].identity, 1U);
}

TEST(Thumbnails, LimitKeepsTheBestOfEachIdentity) {
  const auto log = EventLines().see(0, 1, kAnna).see(5, 2, kAnna, 0.9F, 5).see(10, 3, kBert).log();
  const std::vector<Thumbnail> planned = plan_thumbnails(make_history(*log), 2);
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_EQ(planned[1].identity, 1U);
}

TEST(Thumbnails, PicturesAtTheEdgesStayInTheFrame) {
  const cv::Mat frame(48, 64, CV_8UC3, cv::Scalar(10, 20, 30));
  for (const Box box : {Box{0, 0, 1, 1}, Box{0.99F, 0.99F, 0.01F, 0.01F}, Box{1, 1, 0, 0},
                        Box{0, 0.5F, 1, 0.1F}, Box{0.5F, 0, 0.02F, 1}}) {
    Thumbnail thumbnail{.time_ns = 0, .box = box, .jpeg_base64 = {}};
    EXPECT_TRUE(take_picture(frame, thumbnail).ok());
    EXPECT_GT(thumbnail.width, 0);
  }
}

TEST(Base64, IsThatOfRfc4648) {
  const auto coded = [](const std::string& text) { return base64({text.begin(), text.end()}); };
  EXPECT_EQ(coded(""), "");
  EXPECT_EQ(coded("f"), "Zg==");
  EXPECT_EQ(coded("fo"), "Zm8=");
  EXPECT_EQ(coded("foo"), "Zm9v");
  EXPECT_EQ(coded("foobar"), "Zm9vYmFy");
}

TEST(IdentityTable, IsAlignedAndPrintsNoControlCharacters) {
  const auto log =
      EventLines().label("\x1B[2Jcar").see(0, 1, kAnna).see(75, 2, kAnna, 0.8F, 75).log();
  const std::string table = identity_table(*log, make_history(*log));
  EXPECT_EQ(
      table,
      "identity  label    first seen  last seen  visits  sightings  longest gap s  mean score\n"
      "P1        ?[2Jcar      0:00.0     1:15.0       2          2           75.0        0.80\n"
      "1 identity, 2 tracks (0 without identity), 1 return, 0 renames, 0 merges\n");
}

TEST(IdentityTable, TimesHaveHoursWhenTheyNeedThem) {
  EXPECT_EQ(media_time_text(59'960'000'000), "1:00.0");
  EXPECT_EQ(media_time_text(3'723'400'000'000), "1:02:03.4");
}

TEST(Colors, AreDistinctAndRepeatAfterTheLast) {
  std::set<std::string> colors{css_color(kUnknownColor)};
  for (size_t i = 0; i < kColors; ++i) colors.insert(css_color(identity_color(i)));
  EXPECT_EQ(colors.size(), kColors + 1);
  EXPECT_EQ(identity_color(kColors), identity_color(0));
  EXPECT_EQ(css_color({1, 2, 255}), "#0102ff");
}

}  // namespace
}  // namespace deepstack::test
