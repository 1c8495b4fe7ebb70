// SHA-256 as hexadecimal digits: which model an event came from, as `sha256sum` says it.
#pragma once

#include <cstddef>
#include <string>

#include "core/status.h"

struct evp_md_ctx_st;

namespace deepstack {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* data, size_t bytes);

  // 64 digits; kInternal when the library refused. Once.
  Result<std::string> finish();

 private:
  evp_md_ctx_st* context_;
  bool good_;
};

}  // namespace deepstack
