// RequestGuard: lets only those requests through that our own pages, or a program that means to,
// can have sent. A page of another site must be able to neither read what is here nor change it,
// also when its name was made to point here (DNS rebinding). Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <httplib.h>

#include "pipelines/serve/refusal.h"

namespace deepstack {

inline constexpr size_t kMostBodyBytes = 64 * 1024;
inline constexpr size_t kMostPictureBytes = 8 * 1024 * 1024;  // of an uploaded crop
// A form of another site cannot send it, and a script of one must ask first, in vain.
inline constexpr const char* kOwnHeader = "X-Deepstack";
inline constexpr const char* kPicturePath = "/api/search/picture";

class RequestGuard {
 public:
  struct Options {
    std::string host;  // that was listened on
    int port = 0;
    std::vector<std::string> names;  // by which a proxy calls us, besides
  };
  explicit RequestGuard(Options options) : options_(std::move(options)) {}

  // Looks at the head alone: before the body is read.
  std::optional<Refusal> check(const httplib::Request& request) const;

 private:
  std::optional<Refusal> check_site(const httplib::Request& request) const;
  bool is_our_name(const std::string& host_header) const;

  Options options_;
};

// 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& host);

}  // namespace deepstack
