// PrivateFile: a new file that only its owner can read. It never takes the place of another, and is
// gone again unless it is kept. One thread at a time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/status.h"

namespace deepstack {

class PrivateFile {
 public:
  // kInvalid: something is there already. kUnavailable: it cannot be made.
  static Result<PrivateFile> create(const std::filesystem::path& path);

  PrivateFile(PrivateFile&& other) noexcept;
  PrivateFile& operator=(PrivateFile&&) = delete;
  ~PrivateFile();

  Status write(std::string_view bytes);
  Status write(std::span<const std::byte> bytes);
  Status flush();  // to the disk
  void keep() { kept_ = true; }

 private:
  PrivateFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_;
  bool kept_ = false;
};

}  // namespace deepstack
