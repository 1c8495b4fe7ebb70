// OutputStream: an output file that is written piece by piece, and still appears whole or not at
// all. One thread.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/status.h"

namespace deepstack {

class OutputStream {
 public:
  // "-": stdout.
  static Result<OutputStream> open(const std::filesystem::path& path);

  OutputStream(OutputStream&& other) noexcept;
  OutputStream& operator=(OutputStream&&) = delete;
  ~OutputStream();  // what is not finished is removed

  void write(std::string_view text);

  // The file is where it should be, or why it is not.
  Status finish();

 private:
  OutputStream() = default;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // "": stdout, or over
  std::ofstream file_;
  bool to_stdout_ = false;
};

}  // namespace deepstack
