#include "core/model/safetensors.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "core/exhausted.h"
#include "core/printable.h"

namespace deepstack {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little endian");

Status about(const std::filesystem::path& path, const Status& status) {
  return {status.code(), path.string() + ": " + printable(status.message())};
}

Result<std::string> read_header(const RegularFile& file) {
  uint64_t length = 0;
  if (file.size() < sizeof length) {
    return corrupt("is " + std::to_string(file.size()) + " bytes long, needs at least 8");
  }
  if (Status status = file.read(0, &length, sizeof length); !status.ok()) return status;
  if (length > SafetensorsLimits::kHeaderBytes) {
    return corrupt("says its header has " + std::to_string(length) + " bytes, the limit is " +
                   std::to_string(SafetensorsLimits::kHeaderBytes));
  }
  if (length > file.size() - sizeof length) {
    return corrupt("says its header has " + std::to_string(length) + " bytes, the file has " +
                   std::to_string(file.size() - sizeof length) + " left");
  }
  std::string header(length, '\0');
  if (Status status = file.read(sizeof length, header.data(), length); !status.ok()) return status;
  return header;
}

}  // namespace

Result<Safetensors> Safetensors::open(const std::filesystem::path& path) {
  return unless_out_of_memory([&]() -> Result<Safetensors> {
    Result<RegularFile> file = RegularFile::open(path);
    if (!file.ok()) return about(path, file.status());
    Result<std::string> header = read_header(*file);
    if (!header.ok()) return about(path, header.status());
    const uint64_t data_begin = sizeof(uint64_t) + header->size();
    Result<TensorEntries> entries =
        parse_safetensors_header(*header, data_begin, file->size() - data_begin);
    if (!entries.ok()) return about(path, entries.status());

    Safetensors model;
    model.path_ = path;
    model.file_ = *std::move(file);
    model.header_bytes_ = header->size();
    model.entries_ = *std::move(entries);
    return model;
  });
}

Status Safetensors::read(const TensorEntry& entry, void* data) const {
  const Status status = file_.read(entry.begin, data, entry.end - entry.begin);
  return status.ok() ? status : about(path_, status);
}

Status Safetensors::add_to(Sha256& digest) const {
  std::vector<char> piece(1 << 20);
  for (uint64_t begin = 0; begin < file_.size(); begin += piece.size()) {
    const uint64_t bytes = std::min<uint64_t>(piece.size(), file_.size() - begin);
    if (Status status = file_.read(begin, piece.data(), bytes); !status.ok()) {
      return about(path_, status);
    }
    digest.add(piece.data(), bytes);
  }
  return {};
}

}  // namespace deepstack
