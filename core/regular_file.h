// RegularFile: a file of strangers that stays open, read by position. What is no regular file (a
// FIFO, a device, a folder) is refused, so that nothing blocks and every size is true.
//
// A file that is replaced (a new one renamed over it) goes on being read as it was when it was
// opened: whole, and of one version. One that is written to is noticed at the next read.
//
// Messages do not name the file; the caller does. read() may be called by any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>

#include "core/status.h"

namespace deepstack {

class RegularFile {
 public:
  // kNotFound or kCorrupt.
  static Result<RegularFile> open(const std::filesystem::path& path);

  RegularFile() = default;
  RegularFile(RegularFile&& other) noexcept;
  RegularFile& operator=(RegularFile&& other) noexcept;
  ~RegularFile();

  uint64_t size() const { return size_; }  // when it was opened

  // Fills data with the bytes from begin on. kCorrupt when they cannot be read, or when the file is
  // no longer what was opened.
  Status read(uint64_t begin, void* data, uint64_t bytes) const;

 private:
  Status check_unchanged() const;

  int descriptor_ = -1;
  uint64_t size_ = 0;
  timespec modified_{};
};

// The whole of a file of at most max_bytes; messages as of RegularFile.
Result<std::string> read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace deepstack
