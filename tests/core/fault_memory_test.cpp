// F30: memory runs out at any allocation of what core is asked to do. The call says so, keeps
// nothing, and what it was called on works again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <new>

#include "core/analyzer.h"
#include "core/event/event_converter.h"
#include "core/json_guard.h"
#include "core/model/model_config.h"
#include "core/model/safetensors.h"
#include "core/proposal/mot_file.h"
#include "core/settings_file.h"
#include "tests/support/fault_row.h"
#include "tests/support/safetensors_file.h"
#include "tests/support/scripted_encoder.h"
#include "tests/support/temp_folder.h"

// Sanitizers have an operator new of their own, which checks more than this one.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

thread_local long allocations_left = -1;  // the one after these fails; negative: none does
thread_local long blocks = 0;             // allocated by this thread and not freed

}  // namespace

void* operator new(size_t bytes) {
  if (allocations_left == 0) {
    allocations_left = -1;
    throw std::bad_alloc();
  }
  if (allocations_left > 0) --allocations_left;
  void* const block = std::malloc(bytes == 0 ? 1 : bytes);
  if (block == nullptr) throw std::bad_alloc();
  ++blocks;
  return block;
}
void operator delete(void* block) noexcept {
  if (block != nullptr) --blocks;
  std::free(block);
}
void operator delete(void* block, size_t /*bytes*/) noexcept { operator delete(block); }

namespace deepstack {
namespace {

constexpr long kMost = 100'000;

// Lets the first, second, third ... allocation of the call fail, until it needs no more than that.
void expect_exhausted_at_every_allocation(const char* what, const std::function<Status()>& call) {
  ASSERT_TRUE(call().ok()) << what;  // what is made once in a process is made
  const long before = blocks;
  long failures = 0;
  for (long allowed = 0; allowed < kMost; ++allowed) {
    allocations_left = allowed;
    const StatusCode code = call().code();
    const bool failed = allocations_left < 0;
    allocations_left = -1;
    ASSERT_EQ(blocks, before) << what << " leaks when allocation " << allowed << " fails";
    if (!failed) {
      EXPECT_EQ(code, StatusCode::kOk) << what;
      break;
    }
    ++failures;
    ASSERT_EQ(code, StatusCode::kExhausted) << what << ", allocation " << allowed;
  }
  ASSERT_TRUE(call().ok()) << what << " works again";
  test::fault_row("F30", what, static_cast<double>(failures), static_cast<double>(failures));
  EXPECT_GT(failures, 0) << what;
}

template <typename T>
Status status_of(const Result<T>& result) {
  return result.ok() ? Status() : result.status();
}

struct F30 : testing::Test {
  const test::TempFolder folder;
};

TEST_F(F30, ReadersSayThatMemoryRanOut) {
  test::SafetensorsWriter writer;
  for (int i = 0; i < 5; ++i) {
    writer.add("a.tensor.of.blocks." + std::to_string(i), {2, 2}, {1, 2, 3, 4});
  }
  const auto weights = folder.write("model.safetensors", writer.bytes());
  expect_exhausted_at_every_allocation("safetensors",
                                       [&] { return status_of(Safetensors::open(weights)); });

  std::string boxes;
  for (int frame = 1; frame <= 20; ++frame) {
    boxes += std::to_string(frame) + ",-1,100.25,200.25,30.5,60.5,0.875,-1,-1,-1\n";
  }
  const std::string det = folder.write("det.txt", boxes).string();
  expect_exhausted_at_every_allocation("mot-file", [&] { return status_of(read_mot_file(det)); });
}

TEST_F(F30, ConfigsOfModelsAndSettingsFilesToo) {
  const std::string vit = R"({"model_type": "deepstack_vit", "name": "a model with a long name",
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2,
    "patch_size": 8, "image_size": 32, "levels": [0, 1, 2], "other": [[1, {"a": [2, 3]}], {"b": {}}]})";
  const JsonLimits limits;
  expect_exhausted_at_every_allocation(
      "json-tree", [&] { return status_of(parse_guarded_json(vit, limits)); });
  for (const char* name : {"samples/model/default", "samples/model/article"}) {
    const auto model = std::filesystem::path(DEEPSTACK_SOURCE_DIR) / name;
    expect_exhausted_at_every_allocation(
        "model-config", [&] { return status_of(read_model_config(model)); });
  }
  const auto settings = folder.write("settings.json", R"({"model": "a long text, more than 16",
    "name": ["one", "two", "another long text"], "threshold": 0.5})");
  const std::vector<std::string> names{"model", "name", "threshold"};
  expect_exhausted_at_every_allocation(
      "settings-file", [&] { return status_of(read_settings_file(settings, names)); });
}

TEST_F(F30, SettingsAreJudgedOrNot) {
  const Settings settings;
  expect_exhausted_at_every_allocation("settings", [&] { return settings.validate(); });
}

// Every schema, with all that it can say; one converter goes through all failures.
TEST_F(F30, AnEventIsWrittenOrNot) {
  Event event;
  event.kind = EventKind::kUpdate;
  event.frame = {.width = 640, .height = 480, .time = {2, 5'000'000'000}, .pts_ns = 77};
  event.frame.utc = {UtcSource::kNtp, 1'800'000'000'000'000'000, 20'400'000, false};
  for (int64_t track = 1; track <= 3; ++track) {
    ObservedObject object{.detection = {{10, 20, 30, 40}, 0.9F, "a label of some length"},
                          .track_id = track};
    object.identity = IdentityEvidence{.uuid = "11111111-2222-4333-8444-555555555555",
                                       .runner_up = "66666666-7777-4888-9999-aaaaaaaaaaaa",
                                       .levels = {0.5F, -0.25F, 1}};
    event.objects.push_back(object);
  }
  const EventSource source{.name = "a camera with a name of some length"};
  int call = 0;
  for (const EventSchema schema : kEventSchemas) {
    const auto converter = make_event_converter(schema);
    expect_exhausted_at_every_allocation(event_format(schema), [&] {
      // Other identities than ever before, so that every schema has something to tell.
      ++call;
      for (ObservedObject& object : event.objects) {
        for (size_t digit = 0, left = static_cast<size_t>(call); digit < 4; ++digit, left /= 10) {
          object.identity->uuid[digit] = static_cast<char>('0' + left % 10);
        }
      }
      return status_of(converter->convert(event, source));
    });
  }
}

// A frame more for every allocation that fails: tracks and identities go on through all of them.
TEST_F(F30, AFrameThatMemoryRanOutForIsSkippedAndTheTrackGoesOn) {
  const auto encoder = std::make_shared<test::ScriptedEncoder>();
  Settings settings;
  settings.proposals = ProposalSource::kUpstream;
  auto analyzer = Analyzer::create(settings, encoder);
  ASSERT_TRUE(analyzer.ok());
  const std::vector<Detection> people = {
      {.box = {8, 4, 16, 40}, .score = 0.9F, .label = "person"},
      {.box = {40, 4, 16, 40}, .score = 0.9F, .label = "person"}};
  AnalyzerFrame frame{.rgb = cv::Mat::zeros(48, 64, CV_8UC3), .time = {}, .upstream = &people};
  const auto next = [&] {
    ++frame.number;
    frame.time.ns += 40'000'000;
    frame.pts_ns = frame.time.ns;
    return (*analyzer)->analyze(frame);
  };
  for (int warm = 0; warm < 100; ++warm) ASSERT_TRUE(next().ok());
  encoder->forget_calls();
  long failures = 0;
  for (bool failed = true; failed && failures < kMost;) {
    allocations_left = failures;
    const StatusCode code = next().status().code();
    failed = allocations_left < 0;
    allocations_left = -1;
    if (!failed) break;
    ++failures;
    ASSERT_EQ(code, StatusCode::kExhausted) << failures;
    ASSERT_TRUE(next().ok()) << "the frame after it, " << failures;
  }
  test::fault_row("F30", "frame", static_cast<double>(failures), static_cast<double>(failures));
  EXPECT_GT(failures, 10);
  const auto after = next();
  ASSERT_TRUE(after.ok());
  ASSERT_EQ(after->objects.size(), 2U);
  EXPECT_EQ(after->objects[0].track_id, 1) << "the same as before";
  EXPECT_EQ(after->objects[1].track_id, 2);
  EXPECT_TRUE(after->objects[0].identity.has_value());
}

}  // namespace
}  // namespace deepstack

#endif
