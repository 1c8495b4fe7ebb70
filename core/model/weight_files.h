// WeightFiles: the safetensors of a model folder, as one. Either model.safetensors, or the shards
// that model.safetensors.index.json names; the single file wins when both are there. Opening reads
// headers only: tensors that nobody asks for (a language model's, say) stay on disk.
//
// The index comes from strangers, too. A shard's name is a plain file name in the folder; the file
// may be a symbolic link to anywhere, as in the cache of Hugging Face (../../blobs/HASH).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/safetensors.h"
#include "core/status.h"

namespace deepstack {

struct WeightFilesLimits {
  static constexpr uint64_t kIndexBytes = 4 << 20;
  static constexpr size_t kShards = 1024;
  static constexpr size_t kTensors = 65536;           // of all shards
  static constexpr uint64_t kHeaderBytes = 16 << 20;  // of all shards
  static constexpr uint64_t kHashedBytes = uint64_t{1} << 30;  // a second of the start
};

class WeightFiles {
 public:
  // folder/model.safetensors, or the shards that folder/model.safetensors.index.json names.
  // kNotFound and kCorrupt name the file.
  static Result<WeightFiles> open(const std::filesystem::path& folder);

  struct Place {
    const Safetensors* file;
    const TensorEntry* entry;
  };

  // Where a tensor is; nothing when the model has none of that name. Valid as long as *this is not
  // moved or destroyed.
  std::optional<Place> find(const std::string& name) const;

  // The file that says which tensors there are: model.safetensors or the index.
  const std::filesystem::path& path() const { return path_; }

  // What `sha256sum model.safetensors` prints, or `cat model-*.safetensors | sha256sum` for shards in
  // the order of their names. Reads them whole: empty for more than kHashedBytes.
  Result<std::string> sha256() const;

  // True when any tensor's name begins with prefix.
  bool has_prefix(std::string_view prefix) const;

 private:
  static Result<WeightFiles> open_shards(const std::filesystem::path& folder,
                                         const std::filesystem::path& index);

  std::filesystem::path path_;
  std::vector<std::unique_ptr<Safetensors>> files_;
  std::map<std::string_view, Place> places_;  // names are those of the files' entries
};

}  // namespace deepstack
