// ByteWriter and ByteReader: plain values in a string of bytes and back, of this machine's byte
// order, for state that this program leaves itself. What is read may be damaged: after the first
// value that is not there, all are 0 or empty and ok() is false. One thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace deepstack {

template <typename T>
concept PlainValue = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

class ByteWriter {
 public:
  template <PlainValue T>
  void put(T value) {
    append(&value, sizeof value);
  }
  void put(std::string_view text) {
    put(uint64_t{text.size()});
    append(text.data(), text.size());
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  template <PlainValue T>
  void put(const std::vector<T>& values) {
    put(uint64_t{values.size()});
    append(values.data(), values.size() * sizeof(T));
  }

  std::string take() { return std::move(bytes_); }

 private:
  void append(const void* data, size_t bytes) {
    bytes_.append(static_cast<const char*>(data), bytes);
  }

  std::string bytes_;
};

class ByteReader {
 public:
  // bytes live longer than the reader.
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <PlainValue T>
  void get(T& value) {
    value = T{};
    if (has(sizeof value)) copy(&value, sizeof value);
  }
  void get(std::string& text) {
    text.clear();
    if (const size_t size = count(1)) {
      text.assign(rest_.data(), size);
      rest_.remove_prefix(size);
    }
  }
  template <PlainValue T>
  void get(std::vector<T>& values) {
    values.assign(count(sizeof(T)), T{});
    if (!values.empty()) copy(values.data(), values.size() * sizeof(T));
  }
  template <typename T>
  T get() {
    T value{};
    get(value);
    return value;
  }

  // A number of things to come, each of at least so many bytes; 0 when they cannot be there.
  size_t count(size_t least_bytes) {
    const auto number = get<uint64_t>();
    if (number > rest_.size() / least_bytes) {
      fail();
      return 0;
    }
    return static_cast<size_t>(number);
  }

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  bool has(size_t bytes) {
    if (rest_.size() >= bytes) return true;
    fail();
    return false;
  }
  void copy(void* to, size_t bytes) {
    std::memcpy(to, rest_.data(), bytes);
    rest_.remove_prefix(bytes);
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace deepstack
