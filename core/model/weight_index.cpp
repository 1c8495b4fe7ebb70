#include "core/model/weight_index.h"

#include <algorithm>
#include <set>

#include "core/json_guard.h"
#include "core/model/weight_files.h"

namespace deepstack {
namespace {

using Limits = WeightFilesLimits;

constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxOtherKeys = 1024;
constexpr size_t kMaxFileName = 255;  // what Linux allows

// Nothing that could lead out of the folder or spoil a message.
bool is_shard_name(std::string_view name) {
  return name.ends_with(".safetensors") && name.size() <= kMaxFileName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '/' && c != '\\'; });
}

// Takes weight_map; looks at the rest only to see that there is not too much of it.
class IndexConsumer final : public JsonConsumer {
 public:
  WeightIndex take() { return std::move(index_); }

  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t) override { return other(); }
  bool number_unsigned(number_unsigned_t) override { return other(); }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool string(string_t& text) override { return in_map() ? shard(text) : other(); }

  bool start_object(size_t) override {
    return (depth_ == 0 || (depth_ == 1 && at_map_) || other()) && deeper();
  }
  bool end_object() override { return higher(); }
  bool start_array(size_t) override { return other() && deeper(); }
  bool end_array() override { return higher(); }

  bool key(string_t& name) override {
    if (in_map()) return tensor(name);
    if (++other_keys_ > kMaxOtherKeys) {
      return stop("has more than " + std::to_string(kMaxOtherKeys) + " keys beside weight_map");
    }
    if (depth_ > 1) return true;
    at_map_ = name == "weight_map";
    return top_keys_.insert(name).second || stop_at_second_key(name);
  }

 private:
  bool in_map() const { return depth_ == 2 && at_map_; }
  bool deeper() {
    return ++depth_ <= kMaxDepth || stop("is nested deeper than " + std::to_string(kMaxDepth));
  }
  bool higher() {
    --depth_;
    return true;
  }
  bool other() {
    if (depth_ == 0) return stop("is no JSON object");
    if (in_map()) return stop("names no shard for tensor " + tensor_);
    if (depth_ == 1 && at_map_) return stop("has a weight_map that is no object");
    return true;
  }

  bool tensor(const std::string& name) {
    if (name.empty() || name.size() > SafetensorsLimits::kNameBytes) {
      return stop("has a tensor name of " + std::to_string(name.size()) + " bytes, 1.." +
                  std::to_string(SafetensorsLimits::kNameBytes) + " are allowed");
    }
    if (index_.shard_of.size() == Limits::kTensors) {
      return stop("names more than " + std::to_string(Limits::kTensors) + " tensors");
    }
    tensor_ = name;
    return index_.shard_of.try_emplace(name, 0).second || stop_at_second_key(name);
  }

  bool shard(const std::string& name) {
    if (!is_shard_name(name)) {
      return stop("names the shard '" + name + "' for tensor " + tensor_ +
                  ", which is no plain name of a .safetensors file in the folder");
    }
    const auto [position, is_new] = positions_.try_emplace(name, positions_.size());
    if (is_new) {
      if (positions_.size() > Limits::kShards) {
        return stop("names more than " + std::to_string(Limits::kShards) + " shards");
      }
      index_.shards.push_back(name);
    }
    index_.shard_of[tensor_] = position->second;
    return true;
  }

  WeightIndex index_;
  std::map<std::string, size_t> positions_;  // of index_.shards
  std::set<std::string> top_keys_;
  std::string tensor_;   // the last key of weight_map
  bool at_map_ = false;  // the last key of the file's object is weight_map
  size_t depth_ = 0;
  size_t other_keys_ = 0;
};

}  // namespace

Result<WeightIndex> parse_weight_index(std::string_view text) {
  IndexConsumer consumer;
  if (Status status = scan_json(text, {.max_bytes = Limits::kIndexBytes}, consumer); !status.ok())
    return status;
  WeightIndex index = consumer.take();
  if (index.shard_of.empty()) return corrupt("names no tensors in weight_map");
  return index;
}

}  // namespace deepstack
