#include "core/model/head_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/model/config_reader.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::TempFolder;

Head head_of(float value, size_t count = 4) {
  const std::vector<float> values(count, value);
  return {
      {{"model_type", "deepstack_head"}, {"value", value}},
      {{"x", make_host_tensor<float>(TensorType::kF32, {static_cast<int64_t>(count)}, values)}}};
}

double value_of(const std::filesystem::path& folder) {
  const Result<JsonTree> config = read_json_object(folder / "config.json");
  if (!config.ok()) return -1;
  const Result<Safetensors> file = Safetensors::open(folder / "model.safetensors");
  if (!file.ok()) return -2;
  float first = 0;
  const Result<HostTensor> tensor = read_tensor(*file, "x");
  if (!tensor.ok()) return -3;
  std::copy_n(tensor->bytes.data(), sizeof first, reinterpret_cast<char*>(&first));
  return static_cast<float>((**config)["value"]) == first ? first : -4;
}

size_t entries(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(HeadWriter, AHeadIsWrittenAndReplacedAsAWhole) {
  const TempFolder temp;
  const std::filesystem::path folder = temp.path() / "head";
  ASSERT_TRUE(write_head(head_of(1), folder).ok());
  EXPECT_EQ(value_of(folder), 1);
  const Status again = write_head(head_of(2), folder / "");
  ASSERT_TRUE(again.ok()) << again.message();
  EXPECT_EQ(value_of(folder), 2);
  EXPECT_EQ(entries(temp.path()), 1U) << "nothing is left beside it";
  EXPECT_EQ(entries(folder), 2U);
}

TEST(HeadWriter, AnEmptyFolderIsTakenAnotherIsLeftAlone) {
  const TempFolder temp;
  const std::filesystem::path empty = temp.path() / "empty";
  std::filesystem::create_directory(empty);
  EXPECT_TRUE(write_head(head_of(1), empty).ok());
  EXPECT_EQ(value_of(empty), 1);

  const TempFolder other;
  other.write("holiday.jpg", "x");
  for (const std::filesystem::path& path : {other.path(), other.path() / "holiday.jpg"}) {
    EXPECT_EQ(check_head_folder(path).code(), StatusCode::kInvalid);
    const Status status = write_head(head_of(1), path);
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_EQ(status.message().find(path.string()), 0U);
  }
  other.write("config.json", R"({"model_type": "deepstack_vit"})");
  EXPECT_EQ(check_head_folder(other.path()).code(), StatusCode::kInvalid) << "a model, no head";
  EXPECT_EQ(entries(other.path()), 2U);
}

TEST(HeadWriter, WhereNothingCanBeWrittenTheFileAndTheReasonAreNamed) {
  const Status status = write_head(head_of(1), "/proc/head");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message().find("/proc/head"), 0U) << status.message();
}

// The kernel kills a writer at the byte where its files may grow no more.
TEST(HeadWriter, AKilledWriterLeavesWhatWasThere) {
  const TempFolder temp;
  const std::filesystem::path old_head = temp.path() / "old";
  const std::filesystem::path new_head = temp.path() / "new";
  ASSERT_TRUE(write_head(head_of(1), old_head).ok());
  for (const std::filesystem::path& folder : {old_head, new_head}) {
    const Head large = head_of(2, 100'000);
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGXFSZ, SIG_DFL);  // whatever the process that runs the tests does with it
      const rlimit limit{40'000, 40'000};
      setrlimit(RLIMIT_FSIZE, &limit);
      const bool written = write_head(large, folder).ok();
      _exit(written ? 0 : 1);
    }
    int result = 0;
    ASSERT_EQ(waitpid(child, &result, 0), child);
    ASSERT_TRUE(WIFSIGNALED(result) && WTERMSIG(result) == SIGXFSZ) << "it was killed";
  }
  EXPECT_EQ(value_of(old_head), 1);
  EXPECT_FALSE(std::filesystem::exists(new_head));
}

TEST(HeadWriter, AFullDiskLeavesNothing) {
  const TempFolder temp;
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{40'000, 40'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const Status status = write_head(head_of(2, 100'000), temp.path() / "head");
    _exit(status.code() == StatusCode::kUnavailable ? 0 : 1);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(entries(temp.path()), 0U);
}

}  // namespace
}  // namespace deepstack
