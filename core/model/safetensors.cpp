#include "core/model/safetensors.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <optional>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/json_guard.h"
#include "core/printable.h"

namespace deepstack {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little endian");

using nlohmann::json;

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

// Number of bytes a tensor of this shape has, or nothing when that leaves 63 bits.
std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, uint64_t element_bytes) {
  uint64_t count = element_bytes;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) return std::nullopt;
  }
  return count <= INT64_MAX ? std::optional(count) : std::nullopt;
}

// The entry that the header's value describes; the error says what is wrong with it.
Result<TensorEntry> parse_entry(const json& value, uint64_t data_begin, uint64_t data_bytes) {
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets")) {
    return corrupt("needs exactly dtype, shape and data_offsets");
  }
  const json& dtype = value["dtype"];
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& known) {
    return dtype.is_string() && dtype.get_ref<const std::string&>() == known.name;
  });
  if (type == std::end(kTypes)) return corrupt("has the unknown dtype " + dtype.dump());

  TensorEntry entry{.type = type->type, .shape = {}};
  const json& shape = value["shape"];
  if (!shape.is_array() || shape.size() > Safetensors::kMaxRank) {
    return corrupt("has a shape that is no list of at most " +
                   std::to_string(Safetensors::kMaxRank) + " sizes");
  }
  for (const json& size : shape) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX) {
      return corrupt("has a shape with the size " + size.dump());
    }
    entry.shape.push_back(size.get<int64_t>());
  }
  const json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return corrupt("has data_offsets that are no pair of numbers");
  }
  const auto begin = offsets[0].get<uint64_t>();
  const auto end = offsets[1].get<uint64_t>();
  if (begin > end || end > data_bytes) {
    return corrupt("has data_offsets " + offsets.dump() + ", the file has " +
                   std::to_string(data_bytes) + " bytes of data");
  }
  const auto needed = byte_count(entry.shape, type->bytes);
  if (!needed || *needed != end - begin) {
    return corrupt("has " + std::to_string(end - begin) + " bytes, its shape " + shape.dump() +
                   " of " + type->name + " needs " +
                   (needed ? std::to_string(*needed) : "more than 2^63"));
  }
  entry.begin = data_begin + begin;
  entry.end = data_begin + end;
  return entry;
}

// Tensors must lie side by side from the first byte of data to the last of the file.
Status check_layout(const std::map<std::string, TensorEntry>& entries, uint64_t data_begin,
                    uint64_t file_bytes) {
  std::vector<std::pair<const std::string*, const TensorEntry*>> sorted;
  sorted.reserve(entries.size());
  for (const auto& [name, entry] : entries) sorted.emplace_back(&name, &entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
  });
  uint64_t expected = data_begin;
  for (const auto& [name, entry] : sorted) {
    if (entry->begin != expected) {
      return corrupt("tensor " + *name + " begins at byte " + std::to_string(entry->begin) +
                     (entry->begin < expected ? ", inside" : ", with a hole after") +
                     " the one before, which ends at " + std::to_string(expected));
    }
    expected = entry->end;
  }
  if (expected != file_bytes) {
    return corrupt("tensors end at byte " + std::to_string(expected) + ", the file at " +
                   std::to_string(file_bytes));
  }
  return {};
}

Result<std::string> read_header(std::ifstream& file, uint64_t file_bytes) {
  uint64_t length = 0;
  if (!file.read(reinterpret_cast<char*>(&length), sizeof length)) {
    return corrupt("is " + std::to_string(file_bytes) + " bytes long, needs at least 8");
  }
  if (length > Safetensors::kMaxHeaderBytes) {
    return corrupt("says its header has " + std::to_string(length) + " bytes, the limit is " +
                   std::to_string(Safetensors::kMaxHeaderBytes));
  }
  if (length > file_bytes - sizeof length) {
    return corrupt("says its header has " + std::to_string(length) + " bytes, the file has " +
                   std::to_string(file_bytes - sizeof length) + " left");
  }
  std::string header(length, '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(length))) {
    return corrupt("could not be read");
  }
  return header;
}

}  // namespace

Result<Safetensors> Safetensors::open(const std::filesystem::path& path) {
  const auto failed = [&](const Status& status) {
    return Status(status.code(), path.string() + ": " + printable(status.message()));
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return failed(not_found("no such file"));
  if (!std::filesystem::is_regular_file(path, error)) return failed(corrupt("is no regular file"));
  const uint64_t file_bytes = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return failed(corrupt("cannot be opened"));

  Result<std::string> header = read_header(file, file_bytes);
  if (!header.ok()) return failed(header.status());
  Result<json> parsed = parse_guarded_json(*header, {.max_bytes = kMaxHeaderBytes,
                                                     .max_depth = 4,
                                                     .max_keys = 4 * (kMaxTensors + 1)});
  if (!parsed.ok()) return failed(parsed.status());
  if (!parsed->is_object()) return failed(corrupt("has a header that is no JSON object"));

  Safetensors model;
  model.path_ = path;
  const uint64_t data_begin = sizeof(uint64_t) + header->size();
  for (const auto& [name, value] : parsed->items()) {
    if (name == "__metadata__") continue;
    if (name.empty() || name.size() > kMaxNameBytes) {
      return failed(corrupt("has a tensor name of " + std::to_string(name.size()) +
                            " bytes, 1.." + std::to_string(kMaxNameBytes) + " are allowed"));
    }
    if (model.entries_.size() == kMaxTensors) {
      return failed(corrupt("has more than " + std::to_string(kMaxTensors) + " tensors"));
    }
    Result<TensorEntry> entry = parse_entry(value, data_begin, file_bytes - data_begin);
    if (!entry.ok()) return failed(corrupt("tensor " + name + " " + entry.status().message()));
    model.entries_.emplace(name, *std::move(entry));
  }
  if (Status status = check_layout(model.entries_, data_begin, file_bytes); !status.ok()) {
    return failed(status);
  }
  return model;
}

Status Safetensors::read(const TensorEntry& entry, void* data) const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(entry.begin));
  if (!file.read(static_cast<char*>(data), static_cast<std::streamsize>(entry.end - entry.begin))) {
    return corrupt(path_.string() + ": could not read bytes " + std::to_string(entry.begin) +
                   ".." + std::to_string(entry.end) + "; has the file changed?");
  }
  return {};
}

}  // namespace deepstack
