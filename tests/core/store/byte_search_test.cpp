#include "core/store/byte_search.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

std::string noise(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(random() & 0xFFU);
  return text;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(ByteSearch, FindsWhatIsThereWhereverItIs) {
  const test::TempFolder folder;
  const std::string hay = noise(9 << 20, 1);
  const std::filesystem::path file = folder.write("hay", hay);
  // At both ends, and over the borders of the blocks that the file is read in.
  for (const size_t place : {size_t{0}, size_t{1}, size_t{777'777}, (size_t{4} << 20) - 10,
                             (size_t{4} << 20) + 60, (size_t{8} << 20) + 33, hay.size() - 32}) {
    ByteSearch search;
    const std::string wanted = hay.substr(place, 32);
    search.add(bytes_of(wanted));
    EXPECT_EQ(*search.find_in(file), static_cast<int64_t>(place));
  }
}

TEST(ByteSearch, FindsNothingThatIsNotThere) {
  const test::TempFolder folder;
  const std::string hay = noise(1 << 20, 1);
  ByteSearch search;
  for (uint32_t i = 0; i < 500; ++i) {
    std::string almost = hay.substr(i * 100, 64);
    almost.back() = static_cast<char>(almost.back() + 1);
    search.add(bytes_of(almost));
  }
  EXPECT_EQ(*search.find_in(folder.write("hay", hay)), -1);
  EXPECT_EQ(*search.find_in(folder.write("empty", "")), -1);
  EXPECT_FALSE(search.find_in(folder.path() / "none").ok());
}

TEST(ByteSearch, LeavesOutWhatWouldBeFoundEverywhere) {
  ByteSearch search;
  search.add(bytes_of(std::string(32, '\0')));
  search.add(bytes_of("short"));
  search.add({});
  EXPECT_EQ(search.size(), 0U);
}

}  // namespace
}  // namespace deepstack
