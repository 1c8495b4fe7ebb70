// The command `deepstack report`: what it writes, and what it says about wrong input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "pipelines/command.h"
#include "tests/pipelines/report_events.h"

namespace deepstack::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

Status report(const std::vector<std::string>& options) {
  CLI::App app;
  const Command command = add_report_command(app);
  std::vector<std::string> arguments(options.rbegin(), options.rend());  // as CLI11 wants them
  arguments.push_back("report");
  app.parse(arguments);
  return command();
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// 20 frames of 320x240 at 10 a second.
std::string write_video(const TempFolder& folder) {
  const std::string path = folder.file("clip.avi");
  cv::VideoWriter video(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10,
                        {320, 240});
  for (int i = 0; i < 20; ++i) video.write(cv::Mat(240, 320, CV_8UC3, cv::Scalar(90, 90, 90)));
  return path;
}

EventLines two_people() {
  EventLines lines;
  for (int i = 0; i < 5; ++i) {
    const float x = 20 + 4 * static_cast<float>(i);
    lines.see(0.2 * i, 1, kAnna, 1, 0, {x, 30, 20, 60});
    lines.see(0.2 * i, 2, "", 1, 0, {70, 0, 20, 99});
  }
  return lines;
}

TEST(Report, WritesPageAndVideoAndLeavesNothingElse) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  const std::string video = write_video(folder);
  const Status status =
      report({"--video", video, "--events", events, "--html", folder.file("report.html"),
              "--annotated", folder.file("annotated.avi"), "--seconds", "1.5"});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(folder.entries(), 4U);
  EXPECT_THAT(content(folder.file("report.html")),
              AllOf(HasSubstr("\"jpeg\":\"/9j/"), EndsWith("</html>\n")));
  cv::VideoCapture annotated(folder.file("annotated.avi"));
  EXPECT_EQ(annotated.get(cv::CAP_PROP_FRAME_COUNT), 20);
  EXPECT_EQ(annotated.get(cv::CAP_PROP_FRAME_WIDTH), 320);
  EXPECT_EQ(annotated.get(cv::CAP_PROP_FPS), 10);
}

TEST(Report, DrawsInterpolatedBoxesWhileTheTrackIsThere) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  ASSERT_TRUE(report({"--video", write_video(folder), "--events", events, "--annotated",
                      folder.file("annotated.avi")})
                  .ok());
  cv::VideoCapture annotated(folder.file("annotated.avi"));
  std::vector<double> drawn;  // whether a frame differs from the grey it was
  for (cv::Mat frame; annotated.read(frame);) {
    drawn.push_back(
        cv::norm(frame, cv::Mat(frame.size(), CV_8UC3, cv::Scalar(90, 90, 90)), cv::NORM_INF) > 60);
  }
  ASSERT_EQ(drawn.size(), 20U);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(drawn[i], i <= 8) << "frame " << i;
}

TEST(Report, SameInputGivesTheSameFiles) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  const std::string video = write_video(folder);
  for (const std::string name : {"a", "b"}) {
    ASSERT_TRUE(report({"--video", video, "--events", events, "--html", folder.file(name + ".html"),
                        "--annotated", folder.file(name + ".avi")})
                    .ok());
  }
  EXPECT_EQ(content(folder.file("a.html")), content(folder.file("b.html")));
  EXPECT_EQ(content(folder.file("a.avi")), content(folder.file("b.avi")));
}

TEST(Report, PrintsATable) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  testing::internal::CaptureStdout();
  ASSERT_TRUE(report({"--video", write_video(folder), "--events", events, "--table"}).ok());
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              HasSubstr("1 identity, 2 tracks (1 without identity)"));
}

struct WrongEvents {
  std::string content;
  std::string message;
};

TEST(Report, SaysWhichLineOfTheEventsIsWrongAndWhy) {
  const std::string good = EventLines().see(1, 1, kAnna).text();
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    return line.replace(line.find(from), from.size(), to);
  };
  const std::vector<WrongEvents> all{
      {"", "events.jsonl: holds no event"},
      {good + "{\"schema\":", "events.jsonl:2: JSON is no JSON at byte"},
      {good + "\n" + good, "events.jsonl:2: JSON is no JSON"},
      {"[1]\n", ":1: is [1], expected an object"},
      {"{}\n", ":1: has no 'schema'"},
      {edited("deepstack-1", "deepstack-9"),
       ":1: has the schema \"deepstack-9\", this program reads \"deepstack-1\""},
      {edited("\"update\"", "\"upset\""), ":1: has the event \"upset\", known are new, update"},
      {edited("\"timestamp\":1000000000", "\"timestamp\":-5"), ":1: timestamp is -5, expected an"},
      {edited("\"timestamp\":1000000000", "\"timestamp\":18446744073709551615"),
       ":1: timestamp is 18446744073709551615, expected an integer from 0 to 1000000000000000000"},
      {edited("\"width\":100", "\"width\":0"), ":1: width is 0, expected an integer from 1"},
      {edited("\"confidence\":0.9", "\"confidence\":\"high\""), ":1: confidence is \"high\""},
      {edited(kAnna, "anna"), ":1: id is \"anna\", expected a UUID"},
      {edited("\"confirmed\"", "\"sure\""),
       ":1: state is \"sure\", expected tentative or confirmed"},
      {edited("\"objects\":[", "\"objects\":[1,"), ":1: has an object that is 1"},
      {good + EventLines().see(0.5, 1, kAnna).text(), ":2: has the timestamp 500000000"},
      {good + EventLines("yard").see(2, 1, kAnna).text(), ":2: has the source \"yard\""},
      {good + std::string((1 << 20) + 1, ' ') + "\n", ":2: "},
      {std::string(200, '['), "nested deeper than 32"},
  };
  for (const auto& [events, message] : all) {
    const TempFolder folder;
    const Status status =
        report({"--video", "none", "--events", folder.write("events.jsonl", events), "--table"});
    EXPECT_EQ(status.code(), StatusCode::kCorrupt);
    EXPECT_THAT(status.message(), HasSubstr(message));
  }
}

TEST(Report, FileAndLineLimitsAreNamed) {
  const TempFolder folder;
  const std::string path = folder.write("events.jsonl", two_people().text());
  EXPECT_THAT(read_event_log(path, {.line_bytes = 100}).status().message(),
              HasSubstr("events.jsonl:1: the line is longer than 100 bytes"));
  EXPECT_THAT(read_event_log(path, {.file_bytes = 100}).status().message(),
              HasSubstr("bytes, the limit is 100"));
}

TEST(Report, NamesFilesThatAreMissingOrWrong) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  const std::string text = folder.write("clip.txt", "no video");
  const std::string html = folder.file("report.html");
  const auto message = [](const std::vector<std::string>& options) {
    return report(options).message();
  };
  EXPECT_EQ(message({"--video", "/none.avi", "--events", events, "--html", html}),
            "/none.avi: no such file");
  EXPECT_EQ(message({"--video", text, "--events", "/none.jsonl", "--table"}),
            "/none.jsonl: no such file");
  EXPECT_EQ(message({"--video", text, "--events", folder.file(""), "--table"}),
            folder.file("") + ": is a folder, no file");
  EXPECT_EQ(message({"--video", text, "--events", events, "--html", html}),
            text + ": is no video that can be decoded");
  EXPECT_EQ(folder.entries(), 2U);
}

TEST(Report, TellsBeforeTheWorkThatAnOutputCannotBeWritten) {
  const TempFolder folder;
  const std::string events = folder.write("events.jsonl", two_people().text());
  const std::string video = write_video(folder);
  const auto with = [&](const std::string& option, const std::string& path) {
    return report({"--video", video, "--events", events, option, path});
  };
  EXPECT_EQ(with("--html", "/none/report.html").message(),
            "/none/report.html: cannot be written: its folder does not exist");
  EXPECT_EQ(with("--annotated", folder.file("")).message(),
            folder.file("") + ": cannot be written: is a folder");
  EXPECT_EQ(with("--annotated", video).code(), StatusCode::kInvalid);
  EXPECT_EQ(with("--seconds", "0").code(), StatusCode::kInvalid);
  EXPECT_EQ(folder.entries(), 2U);
}

}  // namespace
}  // namespace deepstack::test
