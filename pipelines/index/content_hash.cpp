#include "pipelines/index/content_hash.h"

#include <algorithm>
#include <vector>

#include "core/regular_file.h"
#include "core/sha256.h"

namespace deepstack {
namespace {

constexpr uint64_t kPiece_bytes = 1 << 20;
constexpr uint64_t kWhole_bytes = 64 << 20;
constexpr uint64_t kEnd_bytes = 8 << 20;
constexpr uint64_t kPieces = 48;

Status add(Sha256& hash, const RegularFile& file, uint64_t begin, uint64_t end) {
  std::vector<char> piece(kPiece_bytes);
  for (uint64_t at = begin; at < end; at += kPiece_bytes) {
    const uint64_t bytes = std::min(kPiece_bytes, end - at);
    if (Status status = file.read(at, piece.data(), bytes); !status.ok()) return status;
    hash.add(piece.data(), bytes);
  }
  return {};
}

Status add_all(Sha256& hash, const RegularFile& file) {
  const uint64_t size = file.size();
  if (size <= kWhole_bytes) return add(hash, file, 0, size);
  hash.add(&size, sizeof size);
  Status status = add(hash, file, 0, kEnd_bytes);
  const uint64_t step = (size - 2 * kEnd_bytes - kPiece_bytes) / kPieces;
  for (uint64_t i = 0; status.ok() && i < kPieces; ++i) {
    const uint64_t begin = kEnd_bytes + i * step;
    status = add(hash, file, begin, begin + kPiece_bytes);
  }
  return status.ok() ? add(hash, file, size - kEnd_bytes, size) : status;
}

Status named(const std::filesystem::path& path, const Status& status) {
  return {status.code(), path.string() + ": " + status.message()};
}

}  // namespace

Result<std::string> content_hash(const std::filesystem::path& path) {
  Result<RegularFile> file = RegularFile::open(path);
  if (!file.ok()) return named(path, file.status());
  if (file->size() == 0) return corrupt(path.string() + ": is empty");
  Sha256 hash;
  if (Status status = add_all(hash, *file); !status.ok()) return named(path, status);
  return hash.finish();
}

}  // namespace deepstack
