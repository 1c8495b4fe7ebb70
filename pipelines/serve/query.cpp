#include "pipelines/serve/query.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kLongestText = 200;
constexpr size_t kMostTexts = 256;
constexpr double kLatest_s = 1e12;

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

}  // namespace

void Query::fail(const std::string& error) {
  if (error_.empty()) error_ = error;
}

double Query::number(const char* name, double otherwise, double least, double most) {
  if (!request_.has_param(name)) return otherwise;
  const std::string text = request_.get_param_value(name);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && stop == text.data() + text.size() && std::isfinite(value) &&
      value >= least && value <= most) {
    return value;
  }
  fail(std::string(name) + " is '" + printable(text) + "', must be a number from " + shown(least) +
       " to " + shown(most));
  return otherwise;
}

int64_t Query::integer(const char* name, int64_t otherwise, int64_t least, int64_t most) {
  if (!request_.has_param(name)) return otherwise;
  const std::string text = request_.get_param_value(name);
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && stop == text.data() + text.size() && value >= least &&
      value <= most) {
    return value;
  }
  fail(std::string(name) + " is '" + printable(text) + "', must be an integer from " +
       std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

std::string Query::text(const char* name) {
  std::string text = request_.get_param_value(name);
  if (text.size() <= kLongestText) return text;
  fail(std::string(name) + " has " + std::to_string(text.size()) + " bytes, the limit is " +
       std::to_string(kLongestText));
  return "";
}

std::vector<std::string> Query::texts(const char* name) {
  std::vector<std::string> values;
  const size_t count = request_.get_param_value_count(name);
  if (count > kMostTexts) {
    fail(std::string(name) + " is given " + std::to_string(count) + " times, the limit is " +
         std::to_string(kMostTexts));
    return values;
  }
  for (size_t i = 0; i < count; ++i) values.push_back(request_.get_param_value(name, i));
  return values;
}

int64_t Query::id() {
  const std::string text = request_.matches.size() > 1 ? request_.matches[1].str() : "";
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) fail("there is no such id");
  return value;
}

ArchiveView::Filter Query::filter(double first_s, double last_s) {
  ArchiveView::Filter filter{.from_s = 0,
                             .to_s = number("to", last_s, -kLatest_s, kLatest_s),
                             .cameras = texts("camera"),
                             .labels = texts("label"),
                             .text = text("text")};
  filter.from_s = number("from", std::min(first_s, filter.to_s), -kLatest_s, kLatest_s);
  if (!request_.has_param("to")) filter.to_s = std::max(filter.from_s, filter.to_s);
  if (filter.to_s < filter.from_s) {
    fail("to is " + shown(filter.to_s) + ", before from, which is " + shown(filter.from_s));
  }
  return filter;
}

}  // namespace deepstack
