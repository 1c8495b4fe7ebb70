// Query: typed values out of a request's address, and the first thing that is wrong with them, so
// that a route is a list of values and one check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <httplib.h>

#include "core/store/archive_view.h"

namespace deepstack {

class Query {
 public:
  explicit Query(const httplib::Request& request) : request_(request) {}

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }

  int64_t integer(const char* name, int64_t otherwise, int64_t least, int64_t most);
  double number(const char* name, double otherwise, double least, double most);
  std::string text(const char* name);                // 200 bytes at most
  std::vector<std::string> texts(const char* name);  // name=a&name=b; 256 at most
  // The id in the path, as the route's first group.
  int64_t id();

  // from, to, camera..., label..., text.
  ArchiveView::Filter filter(double first_s, double last_s);

 private:
  void fail(const std::string& error);

  const httplib::Request& request_;
  std::string error_;
};

// An id in a path, for the patterns of routes: never more digits than an int64_t has.
inline constexpr const char* kId = "([0-9]{1,18})";

}  // namespace deepstack
