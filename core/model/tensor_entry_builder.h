// TensorEntryBuilder: makes one TensorEntry of what a header says about a tensor, value by value,
// as they come, and refuses the first wrong one:
// {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}. Messages begin where "tensor NAME " ends.
// The header's consumer calls it in the order of the text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/safetensors_header.h"
#include "core/status.h"

namespace deepstack {

class TensorEntryBuilder {
 public:
  struct Value {
    std::string_view text;  // of the string, or as it is shown
    std::optional<uint64_t> number = std::nullopt;
    bool is_string = false;
  };

  // The next values are those of the field name.
  Status field(std::string_view name);
  Status value(const Value& value);
  Status start_list();
  void end_list() { in_list_ = false; }
  Status start_object() const;

  // The entry, when all fields were there and fit each other and the data of the file.
  Result<TensorEntry> finish(uint64_t data_begin, uint64_t data_bytes) const;

  // What is wrong with an entry that has not exactly its three fields.
  static Status wrong_form() { return corrupt("needs exactly dtype, shape and data_offsets"); }

 private:
  enum Field : unsigned { kNone = 0, kType = 1, kShape = 2, kOffsets = 4, kAll = 7 };

  Status wrong_value(std::string_view shown) const;
  std::string shape_text() const;

  Field field_ = kNone;
  unsigned seen_ = 0;  // fields, as bits
  bool in_list_ = false;
  TensorType type_ = TensorType::kF32;
  std::array<int64_t, SafetensorsLimits::kRank> shape_{};
  size_t rank_ = 0;
  std::array<uint64_t, 2> offsets_{};
  size_t offset_count_ = 0;
};

}  // namespace deepstack
