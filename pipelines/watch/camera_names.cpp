#include "pipelines/watch/camera_names.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kLongestName = 64;

bool belongs_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), belongs_in_name);
}

std::string as_name(std::string_view text) {
  std::string name(text.substr(0, kLongestName));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !belongs_in_name(c); }, '-');
  return name.empty() ? "camera" : name;
}

// An '@' behind the authority may stand in a path, or the authority was cut short within a password
// that nobody escaped: then the host is not known for sure.
std::string derived(std::string_view input) {
  const size_t scheme_end = input.find("://");
  if (scheme_end == std::string_view::npos || input.starts_with("file://")) {
    return as_name(std::filesystem::path(input).stem().string());
  }
  const std::string_view rest = input.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const size_t user_end = authority.rfind('@');
  if (user_end == std::string_view::npos && rest.find('@') != std::string_view::npos) {
    return "camera";
  }
  std::string_view host =
      user_end == std::string_view::npos ? authority : authority.substr(user_end + 1);
  if (host.starts_with('[')) return as_name(host.substr(1, host.find(']') - 1));  // IPv6
  return as_name(host.substr(0, host.find(':')));
}

}  // namespace

Result<std::vector<std::string>> camera_names(const std::vector<std::string>& inputs,
                                              const std::vector<std::string>& given) {
  if (!given.empty() && given.size() != inputs.size()) {
    return invalid("--name: " + std::to_string(given.size()) + " names for " +
                   std::to_string(inputs.size()) + " inputs, must be one an input or none");
  }
  std::set<std::string> taken;
  for (const std::string& name : given) {
    if (!is_name(name)) {
      return invalid("--name: '" + printable(name) +
                     "' must be 1..64 letters, digits, '.', '_' or '-'");
    }
    if (!taken.insert(name).second) return invalid("--name: '" + name + "' is given twice");
  }
  if (!given.empty()) return given;

  std::vector<std::string> names;
  for (const std::string& input : inputs) {
    const std::string base = derived(input);
    std::string name = base;
    for (int n = 2; !taken.insert(name).second; ++n) name = base + "-" + std::to_string(n);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace deepstack
