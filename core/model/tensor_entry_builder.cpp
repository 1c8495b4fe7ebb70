#include "core/model/tensor_entry_builder.h"

#include <algorithm>
#include <span>

namespace deepstack {
namespace {

struct TypeName {
  const char* name;
  TensorType type;
  uint64_t bytes;
};

constexpr TypeName kTypes[] = {
    {"F32", TensorType::kF32, 4},   {"F16", TensorType::kF16, 2}, {"BF16", TensorType::kBf16, 2},
    {"F64", TensorType::kF64, 8},   {"I64", TensorType::kI64, 8}, {"I32", TensorType::kI32, 4},
    {"I16", TensorType::kI16, 2},   {"I8", TensorType::kI8, 1},   {"U8", TensorType::kU8, 1},
    {"BOOL", TensorType::kBool, 1},
};

const TypeName& known_type(TensorType type) {
  return *std::ranges::find(kTypes, type, &TypeName::type);
}

// Number of bytes a tensor of this shape has, or nothing when that leaves 63 bits.
std::optional<uint64_t> byte_count(std::span<const int64_t> shape, uint64_t element_bytes) {
  uint64_t count = element_bytes;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) return std::nullopt;
  }
  return count <= INT64_MAX ? std::optional(count) : std::nullopt;
}

}  // namespace

const char* type_name(TensorType type) { return known_type(type).name; }

Status TensorEntryBuilder::field(std::string_view name) {
  field_ = name == "dtype"          ? kType
           : name == "shape"        ? kShape
           : name == "data_offsets" ? kOffsets
                                    : kNone;
  if (field_ == kNone) {
    return corrupt(wrong_form().message() + ", not '" + std::string(name) + "'");
  }
  if ((seen_ & field_) != 0) return corrupt("has a key twice: '" + std::string(name) + "'");
  seen_ |= field_;
  return {};
}

Status TensorEntryBuilder::wrong_value(std::string_view shown) const {
  if (field_ == kType) return corrupt("has the unknown dtype " + std::string(shown));
  if (field_ == kOffsets) return corrupt("has data_offsets that are no pair of numbers");
  if (in_list_ && rank_ < shape_.size()) {
    return corrupt("has a shape with the size " + std::string(shown));
  }
  return corrupt("has a shape that is no list of at most " + std::to_string(shape_.size()) +
                 " sizes");
}

Status TensorEntryBuilder::value(const Value& value) {
  if (field_ == kType) {
    const auto* known = std::find_if(
        std::begin(kTypes), std::end(kTypes),
        [&](const TypeName& type) { return value.is_string && value.text == type.name; });
    if (known == std::end(kTypes)) return wrong_value(value.text);
    type_ = known->type;
    return {};
  }
  if (!in_list_ || !value.number) return wrong_value(value.text);
  if (field_ == kShape) {
    if (rank_ == shape_.size() || *value.number > INT64_MAX) return wrong_value(value.text);
    shape_[rank_++] = static_cast<int64_t>(*value.number);
  } else {
    if (offset_count_ == offsets_.size()) return wrong_value(value.text);
    offsets_[offset_count_++] = *value.number;
  }
  return {};
}

Status TensorEntryBuilder::start_list() {
  if (field_ == kType || in_list_) return wrong_value("of a nested list");
  in_list_ = true;
  return {};
}

Status TensorEntryBuilder::start_object() const { return wrong_value("of a nested object"); }

std::string TensorEntryBuilder::shape_text() const {
  std::string text;
  for (size_t i = 0; i < rank_; ++i) text += (i == 0 ? "" : ",") + std::to_string(shape_[i]);
  return "[" + text + "]";
}

Result<TensorEntry> TensorEntryBuilder::finish(uint64_t data_begin, uint64_t data_bytes) const {
  if (seen_ != kAll) return wrong_form();
  if (offset_count_ != offsets_.size()) return wrong_value("");
  const auto [begin, end] = offsets_;
  if (begin > end || end > data_bytes) {
    return corrupt("has data_offsets [" + std::to_string(begin) + "," + std::to_string(end) +
                   "], the file has " + std::to_string(data_bytes) + " bytes of data");
  }
  const TypeName& type = known_type(type_);
  const std::span<const int64_t> shape(shape_.data(), rank_);
  const auto needed = byte_count(shape, type.bytes);
  if (!needed || *needed != end - begin) {
    return corrupt("has " + std::to_string(end - begin) + " bytes, its shape " + shape_text() +
                   " of " + type.name + " needs " +
                   (needed ? std::to_string(*needed) : "more than 2^63"));
  }
  return TensorEntry{.type = type_,
                     .shape = {shape.begin(), shape.end()},
                     .begin = data_begin + begin,
                     .end = data_begin + end};
}

}  // namespace deepstack
