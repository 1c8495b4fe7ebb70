#include "core/model/host_tensor.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

template <typename T>
HostTensor tensor_of(TensorType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {type, std::move(shape),
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))};
}

TEST(HostTensor, AFileOfThemIsReadBackAsItWas) {
  const HostTensors written{
      {"b", tensor_of<float>(TensorType::kF32, {2, 2}, {1, 2, 3, 4})},
      {"a", tensor_of<int64_t>(TensorType::kI64, {1, 3}, {1, 24, 1LL << 40})},
      {"none", tensor_of<float>(TensorType::kF32, {0, 7}, {})},
      {"scalar", tensor_of<uint8_t>(TensorType::kU8, {}, {200})},
      {"name \"quoted\"\n\xC3\xA9", tensor_of<double>(TensorType::kF64, {1}, {0.5})}};
  const test::TempFolder folder;
  const Result<Safetensors> file =
      Safetensors::open(folder.write("x.safetensors", to_safetensors(written)));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->entries().size(), written.size());
  for (const auto& [name, tensor] : written) {
    const Result<HostTensor> read = read_tensor(*file, name);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->type, tensor.type);
    EXPECT_EQ(read->shape, tensor.shape);
    EXPECT_EQ(read->bytes, tensor.bytes);
  }
}

TEST(HostTensor, NoTensorsAreAFileToo) {
  const test::TempFolder folder;
  EXPECT_TRUE(Safetensors::open(folder.write("x.safetensors", to_safetensors({}))).ok());
}

TEST(HostTensor, AMissingOneIsNamedWithItsFile) {
  const test::TempFolder folder;
  const Result<Safetensors> file =
      Safetensors::open(folder.write("x.safetensors", to_safetensors({})));
  const Status status = read_tensor(*file, "pixel_values").status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.message().find("x.safetensors: has no tensor pixel_values"), std::string::npos);
}

TEST(HostTensor, WholeNumbersOfEverySizeAreWidened) {
  const std::vector<int64_t> expected{-3, 7};
  EXPECT_EQ(*whole_numbers(tensor_of<int64_t>(TensorType::kI64, {2}, {-3, 7})), expected);
  EXPECT_EQ(*whole_numbers(tensor_of<int32_t>(TensorType::kI32, {2}, {-3, 7})), expected);
  EXPECT_EQ(*whole_numbers(tensor_of<int16_t>(TensorType::kI16, {2}, {-3, 7})), expected);
  EXPECT_EQ(*whole_numbers(tensor_of<int8_t>(TensorType::kI8, {2}, {-3, 7})), expected);
  EXPECT_EQ(*whole_numbers(tensor_of<uint8_t>(TensorType::kU8, {1}, {255})),
            (std::vector<int64_t>{255}));
  EXPECT_FALSE(whole_numbers(tensor_of<float>(TensorType::kF32, {1}, {1})).ok());
}

}  // namespace
}  // namespace deepstack
