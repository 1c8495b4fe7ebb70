#include "pipelines/serve/byte_range.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace deepstack {
namespace {

// Nothing: no number, or one beyond 64 bits.
std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size())
    return std::nullopt;
  return value;
}

}  // namespace

std::optional<ByteRange> byte_range(const std::string& header, uint64_t size) {
  const ByteRange whole{0, size, true};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return whole;
  const std::string_view range = std::string_view(header).substr(kUnit.size());
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return whole;
  const std::optional<uint64_t> first = number(range.substr(0, dash));
  const std::optional<uint64_t> last = number(range.substr(dash + 1));
  if (dash == 0) {
    if (!last) return whole;
    if (*last == 0 || size == 0) return std::nullopt;
    return ByteRange{size - std::min(*last, size), size, false};
  }
  const bool open = dash + 1 == range.size();
  if (!first || (!open && !last) || (!open && *last < *first)) return whole;
  if (*first >= size) return std::nullopt;
  return ByteRange{*first, open ? size : std::min(*last, size - 1) + 1, false};
}

}  // namespace deepstack
