#include "core/camera/camera_address.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace deepstack {
namespace {

constexpr size_t kLongestUri = 4096;
constexpr size_t kNone = std::string_view::npos;

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const int lower = std::tolower(static_cast<unsigned char>(letter));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A '%' that begins no byte stands for itself, as in a password that nobody encoded.
std::string percent_decoded(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool encoded = text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
                         hex_digit(text[at + 2]) >= 0;
    if (!encoded) {
      result += text[at];
      continue;
    }
    result += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
    at += 2;
  }
  return result;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '+' ||
                  letter == '-' || letter == '.';
         });
}

// host, host:port, [IPv6]:port; the port may be empty.
bool is_host(std::string_view text) {
  const size_t bracket = text.rfind(']');
  const size_t colon = text.find(':', bracket == kNone ? 0 : bracket);
  if (colon == 0 || text.empty()) return false;
  if (colon == kNone) return true;
  const std::string_view port = text.substr(colon + 1);
  return port.size() <= 5 && std::all_of(port.begin(), port.end(),
                                         [](char digit) { return digit >= '0' && digit <= '9'; });
}

}  // namespace

Result<CameraAddress> parse_camera_address(std::string_view text) {
  if (text.size() > kLongestUri) {
    return invalid("uri has " + std::to_string(text.size()) + " characters, the limit is " +
                   std::to_string(kLongestUri));
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) > ' ' && letter != '\x7f';
  });
  if (!printable)
    return invalid("uri has a space or a control character: write it %20 or the like");
  const size_t separator = text.find("://");
  if (separator == kNone || !is_scheme(text.substr(0, separator))) {
    return invalid(
        "uri has no scheme: it begins with rtsp://, rtsps://, http://, https:// or file://");
  }
  CameraAddress address;
  for (const char letter : text.substr(0, separator)) {
    address.scheme += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  if (address.scheme == "file") {
    address.uri = std::string(text);
    return address;
  }
  const std::string_view rest = text.substr(separator + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const size_t at = authority.rfind('@');
  const std::string_view host = at == kNone ? authority : authority.substr(at + 1);
  if (!is_host(host)) {
    return invalid(
        "uri has no host where one belongs; a '/', '?', '#' or '@' in a password is written %2F, "
        "%3F, "
        "%23 or %40, or goes to user-pw or credentials-file");
  }
  if (at != kNone) {
    const std::string_view userinfo = authority.substr(0, at);
    const size_t colon = userinfo.find(':');
    address.user = percent_decoded(userinfo.substr(0, colon));
    if (colon != kNone) {
      address.encoded_password = std::string(userinfo.substr(colon + 1));
      address.password = percent_decoded(address.encoded_password);
    }
  }
  address.uri =
      address.scheme + "://" + std::string(host) + std::string(rest.substr(authority.size()));
  return address;
}

}  // namespace deepstack
