#include "core/model/safetensors_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/json_guard.h"
#include "core/model/tensor_entry_builder.h"

namespace deepstack {
namespace {

using Limits = SafetensorsLimits;

// The tensors of the header, taken while it is scanned.
class HeaderConsumer final : public JsonConsumer {
 public:
  HeaderConsumer(uint64_t data_begin, uint64_t data_bytes)
      : data_begin_(data_begin), data_bytes_(data_bytes) {}

  TensorEntries take() { return std::move(entries_); }

  bool null() override { return value({.text = "null"}); }
  bool boolean(bool flag) override { return value({.text = flag ? "true" : "false"}); }
  bool number_integer(number_integer_t number) override {
    return value({.text = std::to_string(number)});
  }
  bool number_unsigned(number_unsigned_t number) override {
    return value({.text = std::to_string(number), .number = number});
  }
  bool number_float(number_float_t, const string_t& text) override { return value({.text = text}); }
  bool string(string_t& text) override { return value({.text = text, .is_string = true}); }

  bool start_object(size_t) override {
    switch (place_) {
      case Place::kFile:
        return enter(Place::kHeader);
      case Place::kHeader:
        return enter(in_metadata_ ? Place::kMetadata : Place::kTensor);
      case Place::kMetadata:
        return stop_in_metadata();
      case Place::kTensor:
        return check(entry_.start_object());
    }
    return false;
  }
  bool end_object() override {
    switch (place_) {
      case Place::kTensor:
        return enter(Place::kHeader) && add_entry();
      case Place::kMetadata:
        return enter(Place::kHeader);
      default:
        return enter(Place::kFile);
    }
  }
  bool start_array(size_t) override {
    if (place_ == Place::kTensor) return check(entry_.start_list());
    return value({.text = "a list"});
  }
  bool end_array() override {
    entry_.end_list();
    return true;
  }
  bool key(string_t& name) override {
    switch (place_) {
      case Place::kTensor:
        return check(entry_.field(name));
      case Place::kMetadata:
        return metadata_key(name);
      default:
        return header_key(name);
    }
  }

 private:
  enum class Place { kFile, kHeader, kMetadata, kTensor };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool value(const TensorEntryBuilder::Value& value) {
    switch (place_) {
      case Place::kFile:
        return stop("has a header that is no JSON object");
      case Place::kHeader:
        return in_metadata_ ? stop_in_metadata() : check(TensorEntryBuilder::wrong_form());
      case Place::kMetadata:
        return value.is_string ? metadata_bytes(value.text.size()) : stop_in_metadata();
      case Place::kTensor:
        return check(entry_.value(value));
    }
    return false;
  }

  bool header_key(const std::string& name) {
    in_metadata_ = name == "__metadata__";
    if (in_metadata_) return std::exchange(had_metadata_, true) ? stop_at_second_key(name) : true;
    if (name.empty() || name.size() > Limits::kNameBytes) {
      return stop("has a tensor name of " + std::to_string(name.size()) + " bytes, 1.." +
                  std::to_string(Limits::kNameBytes) + " are allowed");
    }
    if (entries_.contains(name)) return stop_at_second_key(name);
    if (entries_.size() == Limits::kTensors) {
      return stop("has more than " + std::to_string(Limits::kTensors) + " tensors");
    }
    name_ = name;
    entry_ = TensorEntryBuilder();
    return true;
  }

  bool metadata_key(const std::string& name) {
    if (metadata_keys_.size() == Limits::kMetadataKeys) {
      return stop("has more than " + std::to_string(Limits::kMetadataKeys) +
                  " keys in __metadata__");
    }
    return metadata_keys_.insert(name).second ? metadata_bytes(name.size())
                                              : stop_at_second_key(name);
  }
  bool metadata_bytes(size_t more) {
    metadata_bytes_ += more;
    return metadata_bytes_ <= Limits::kMetadataBytes ||
           stop("has more than " + std::to_string(Limits::kMetadataBytes) +
                " bytes in __metadata__");
  }
  bool stop_in_metadata() { return stop("has a __metadata__ that is no object of strings"); }

  bool add_entry() {
    Result<TensorEntry> entry = entry_.finish(data_begin_, data_bytes_);
    if (!entry.ok()) return check(entry.status());
    entries_.emplace(name_, *std::move(entry));
    return true;
  }
  bool check(const Status& status) {
    return status.ok() || stop("tensor " + name_ + " " + status.message());
  }

  const uint64_t data_begin_;
  const uint64_t data_bytes_;
  TensorEntries entries_;
  Place place_ = Place::kFile;
  std::string name_;  // of the tensor that entry_ is about
  TensorEntryBuilder entry_;
  bool in_metadata_ = false;  // the key last seen in the header is __metadata__
  bool had_metadata_ = false;
  std::set<std::string> metadata_keys_;
  size_t metadata_bytes_ = 0;
};

// Tensors must lie side by side from the first byte of data to the last of the file.
Status check_layout(const TensorEntries& entries, uint64_t data_begin, uint64_t file_bytes) {
  std::vector<TensorEntries::const_pointer> sorted;
  sorted.reserve(entries.size());
  for (const auto& named : entries) sorted.push_back(&named);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t expected = data_begin;
  for (const auto* named : sorted) {
    const auto& [name, entry] = *named;
    if (entry.begin != expected) {
      return corrupt("tensor " + name + " begins at byte " + std::to_string(entry.begin) +
                     (entry.begin < expected ? ", inside" : ", with a hole after") +
                     " the one before, which ends at " + std::to_string(expected));
    }
    expected = entry.end;
  }
  if (expected != file_bytes) {
    return corrupt("tensors end at byte " + std::to_string(expected) + ", the file at " +
                   std::to_string(file_bytes));
  }
  return {};
}

}  // namespace

Result<TensorEntries> parse_safetensors_header(std::string_view text, uint64_t data_begin,
                                               uint64_t data_bytes) {
  HeaderConsumer consumer(data_begin, data_bytes);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);  // the format's padding
  const JsonLimits limits{.max_bytes = Limits::kTextBytes,
                          .max_token_bytes = Limits::kTokenBytes,
                          .max_space_bytes = Limits::kSpaceBytes};
  if (Status status = scan_json(text, limits, consumer); !status.ok()) return status;
  TensorEntries entries = consumer.take();
  if (Status status = check_layout(entries, data_begin, data_begin + data_bytes); !status.ok()) {
    return status;
  }
  return entries;
}

}  // namespace deepstack
