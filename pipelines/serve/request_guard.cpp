#include "pipelines/serve/request_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kLongestPath = 256;     // paths are matched by std::regex, which recurses
constexpr size_t kLongestTarget = 4096;  // with the filters

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct HostAndPort {
  std::string host;  // without brackets
  int port = 80;
};

std::optional<HostAndPort> split(const std::string& header) {
  const bool bracketed = header.starts_with('[');
  const size_t end = bracketed ? header.find(']') : header.find(':');
  if (bracketed && end == std::string::npos) return std::nullopt;
  HostAndPort parts;
  parts.host = lower(bracketed ? header.substr(1, end - 1) : header.substr(0, end));
  const size_t colon = bracketed ? end + 1 : end;
  if (colon == std::string::npos || colon >= header.size()) return parts;
  const char* first = header.data() + colon + 1;
  const char* last = header.data() + header.size();
  const auto [stop, error] = std::from_chars(first, last, parts.port);
  if (header[colon] != ':' || error != std::errc() || stop != last) return std::nullopt;
  return parts;
}

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

std::optional<Refusal> check_body(const httplib::Request& request) {
  const bool has_body =
      request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
  if (request.method != "POST") {
    if (!has_body || request.get_header_value("Content-Length") == "0") return std::nullopt;
    return Refusal{400, "a " + printable(request.method) + " request has no body"};
  }
  if (request.get_header_value(kOwnHeader) != "1") {
    return Refusal{403, std::string("a change needs the header ") + kOwnHeader + ": 1"};
  }
  if (request.has_header("Transfer-Encoding") ||
      request.get_header_value_count("Content-Length") != 1) {
    return Refusal{411, "a change says its length once, in Content-Length"};
  }
  if (request.has_header("Content-Encoding")) return Refusal{415, "bodies are sent uncompressed"};
  const bool picture = request.path == kPicturePath;
  const std::string type = request.get_header_value("Content-Type");
  if (picture ? type != "image/jpeg" : !type.starts_with("application/json")) {
    return Refusal{
        415, std::string("the body must be ") + (picture ? "image/jpeg" : "application/json")};
  }
  const std::string text = request.get_header_value("Content-Length");
  const size_t most = picture ? kMostPictureBytes : kMostBodyBytes;
  size_t length = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error == std::errc::invalid_argument || stop != text.data() + text.size()) {
    return Refusal{400, "Content-Length is '" + printable(text) + "', must be a number"};
  }
  if (error == std::errc() && length <= most) return std::nullopt;
  return Refusal{413, "the body has " + text + " bytes, the limit is " + std::to_string(most)};
}

}  // namespace

bool is_loopback(const std::string& host) {
  if (lower(host) == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

bool RequestGuard::is_our_name(const std::string& host_header) const {
  const std::optional<HostAndPort> name = split(host_header);
  if (!name) return false;
  for (const std::string& known : options_.names) {
    if (name->host == lower(known)) return true;
  }
  if (name->port != options_.port) return false;
  // An address cannot be rebound as a name can.
  return is_loopback(name->host) || name->host == lower(options_.host) ||
         (is_wildcard(options_.host) && is_address(name->host));
}

std::optional<Refusal> RequestGuard::check_site(const httplib::Request& request) const {
  const std::string host = request.get_header_value("Host");
  if (request.get_header_value_count("Host") != 1 || !is_our_name(host)) {
    return Refusal{421, "the host '" + printable(host) + "' is not served here; see --name"};
  }
  const std::string origin = request.get_header_value("Origin");
  if (request.has_header("Origin") && origin != "http://" + host && origin != "https://" + host) {
    return Refusal{403, "a page of " + printable(origin) + " may not ask here"};
  }
  // Browsers say it of requests without Origin, too: pictures, videos, links. A link may come here.
  const std::string site = request.get_header_value("Sec-Fetch-Site");
  const bool link = request.method == "GET" &&
                    request.get_header_value("Sec-Fetch-Mode") == "navigate" &&
                    request.get_header_value("Sec-Fetch-Dest") == "document";
  if (!site.empty() && site != "same-origin" && site != "none" && !link) {
    return Refusal{403, "a page of another site may not ask here"};
  }
  return std::nullopt;
}

std::optional<Refusal> RequestGuard::check(const httplib::Request& request) const {
  if (request.path.size() > kLongestPath || request.target.size() > kLongestTarget) {
    return Refusal{414, "the address has " + std::to_string(request.target.size()) + " bytes"};
  }
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    return Refusal{405, "the method " + printable(request.method) + " is not known here"};
  }
  if (std::optional<Refusal> refusal = check_site(request)) return refusal;
  return check_body(request);
}

}  // namespace deepstack
