// JsonWriter: appends one JSON text to a string, token by token, without a tree in between: a
// tree's destructor allocates, and out of memory there ends the process. What it writes is always
// JSON: text that is no UTF-8 gets U+FFFD for what is wrong, a number that is none becomes 0; both
// are counted.
//
// Keys stand in the order they are given, which is the caller's to keep sorted. Depth is the
// caller's, and at most 62. Throws std::bad_alloc only. One thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace deepstack {

class JsonWriter {
 public:
  // text outlives this.
  explicit JsonWriter(std::string& text) : text_(text) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool boolean) { word(boolean ? "true" : "false"); }
  void value(std::nullptr_t) { word("null"); }
  template <std::signed_integral Integer>
  void value(Integer number) {
    signed_integer(number);
  }
  template <std::unsigned_integral Integer>
  void value(Integer number) {
    unsigned_integer(number);
  }
  template <std::floating_point Float>
  void value(Float) = delete;  // number(), which is told the decimals

  // Rounded to that many decimals, and always with a point: four say all there is of scores and
  // normalised coordinates.
  void number(double number, int decimals = 4);

  // The same at the end of a text of the caller's.
  void append_number(std::string& text, double number, int decimals);

  // A JSON value that is known to be one, in one line.
  void raw(std::string_view json) { word(json); }

  template <typename Value>
  void member(std::string_view name, const Value& written) {
    key(name);
    value(written);
  }
  void number_member(std::string_view name, double written, int decimals = 4) {
    key(name);
    number(written, decimals);
  }

  // Texts and numbers so far that could not be written as they are.
  uint64_t replaced() const { return replaced_; }

 private:
  void separate();
  void begin(char bracket);
  void end(char bracket);
  void word(std::string_view json);
  void signed_integer(int64_t number);
  void unsigned_integer(uint64_t number);
  void quoted(std::string_view text);

  std::string& text_;
  uint64_t filled_ = 0;  // bit n: the object or list at depth n has a member
  int depth_ = 0;
  bool after_key_ = false;
  uint64_t replaced_ = 0;
};

// A probability or confidence, whatever scale its detector thinks in: 0..1; not a number stays so.
double share(double value);

}  // namespace deepstack
