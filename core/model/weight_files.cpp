#include "core/model/weight_files.h"

#include "core/model/weight_index.h"
#include "core/printable.h"
#include "core/regular_file.h"

namespace deepstack {

Result<WeightFiles> WeightFiles::open(const std::filesystem::path& folder) {
  const std::filesystem::path single = folder / "model.safetensors";
  const std::filesystem::path index = folder / "model.safetensors.index.json";
  Result<Safetensors> file = Safetensors::open(single);
  if (!file.ok() && file.status().code() != StatusCode::kNotFound) return file.status();
  if (!file.ok()) return open_shards(folder, index);
  WeightFiles weights;
  weights.path_ = single;
  weights.files_.push_back(std::make_unique<Safetensors>(*std::move(file)));
  const Safetensors& only = *weights.files_.back();
  for (const auto& [name, entry] : only.entries()) weights.places_[name] = {&only, &entry};
  return weights;
}

Result<WeightFiles> WeightFiles::open_shards(const std::filesystem::path& folder,
                                             const std::filesystem::path& path) {
  const auto failed = [&](const Status& status) {
    return Status(status.code(), path.string() + ": " + printable(status.message()));
  };
  Result<std::string> text = read_text_file(path, WeightFilesLimits::kIndexBytes);
  if (!text.ok() && text.status().code() == StatusCode::kNotFound) {
    return not_found(folder.string() +
                     ": has neither model.safetensors nor model.safetensors.index.json");
  }
  if (!text.ok()) return failed(text.status());
  const Result<WeightIndex> index = parse_weight_index(*text);
  if (!index.ok()) return failed(index.status());

  WeightFiles weights;
  weights.path_ = path;
  uint64_t header_bytes = 0;
  size_t tensors = 0;
  for (const std::string& shard : index->shards) {
    Result<Safetensors> file = Safetensors::open(folder / shard);
    if (!file.ok()) return file.status();
    header_bytes += file->header_bytes();
    tensors += file->entries().size();
    if (header_bytes > WeightFilesLimits::kHeaderBytes || tensors > WeightFilesLimits::kTensors) {
      return failed(corrupt("names shards with " + std::to_string(tensors) + " tensors and " +
                            std::to_string(header_bytes) + " bytes of headers up to " + shard +
                            ", the limits are " + std::to_string(WeightFilesLimits::kTensors) +
                            " and " + std::to_string(WeightFilesLimits::kHeaderBytes)));
    }
    weights.files_.push_back(std::make_unique<Safetensors>(*std::move(file)));
  }
  for (const auto& [name, shard] : index->shard_of) {
    const Safetensors& file = *weights.files_[shard];
    const auto entry = file.entries().find(name);
    if (entry == file.entries().end()) {
      return failed(corrupt("names tensor " + name + " in " + index->shards[shard] +
                            ", which has none of that name"));
    }
    weights.places_.emplace_hint(weights.places_.end(), entry->first, Place{&file, &entry->second});
  }
  return weights;
}

std::optional<WeightFiles::Place> WeightFiles::find(const std::string& name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? std::nullopt : std::optional(place->second);
}

Result<std::string> WeightFiles::sha256() const {
  std::map<std::string, const Safetensors*> by_name;
  uint64_t bytes = 0;
  for (const auto& file : files_) {
    by_name.emplace(file->path().filename().string(), file.get());
    bytes += file->file_bytes();
  }
  if (bytes > WeightFilesLimits::kHashedBytes) return std::string();
  Sha256 digest;
  for (const auto& [name, file] : by_name) {
    if (Status status = file->add_to(digest); !status.ok()) return status;
  }
  return digest.finish();
}

bool WeightFiles::has_prefix(std::string_view prefix) const {
  const auto place = places_.lower_bound(prefix);
  return place != places_.end() && place->first.starts_with(prefix);
}

}  // namespace deepstack
