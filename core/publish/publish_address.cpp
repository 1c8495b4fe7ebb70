#include "core/publish/publish_address.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/camera/camera_address.h"
#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kLongestTarget = 512;

struct Scheme {
  std::string_view name;
  PublishKind kind;
  std::string_view port;
  std::string_view target;  // when the URI has none
};
constexpr std::array<Scheme, 3> kBrokers{{
    {"mqtt", PublishKind::kMqtt, ":1883", "deepstack/{source}/{event}"},
    {"mqtts", PublishKind::kMqtts, ":8883", "deepstack/{source}/{event}"},
    {"kafka", PublishKind::kKafka, ":9092", "deepstack-events"},
}};

// name: what stands before "://"; anything longer than a scheme may be a secret.
Status unknown_scheme(std::string_view name) {
  const bool shown =
      !name.empty() && name.size() <= 16 && std::all_of(name.begin(), name.end(), [](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) != 0;
      });
  return invalid("uri has " + (shown ? "the scheme '" + printable(name) + "'" : "no scheme") +
                 "; there are mqtt://, mqtts://, kafka://, file:/// and - for stdout");
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  });
  return result;
}

Result<PublishAddress> file_address(std::string_view uri, std::string_view path) {
  if (!path.starts_with('/') || path.size() < 2) {
    return invalid("uri " + printable(uri) + " has no path from the root: file:///folder/name");
  }
  Result<TextTemplate> target = TextTemplate::parse(path, {"date", "hour"});
  if (!target.ok()) return invalid("uri: path " + target.status().message());
  PublishAddress address;
  address.kind = PublishKind::kFile;
  address.shown = std::string(uri);
  address.target = *std::move(target);
  return address;
}

Status check_topic(const Scheme& scheme, std::string_view topic) {
  const bool kafka = scheme.kind == PublishKind::kKafka;
  const auto wrong = [kafka](char letter) {
    const bool word = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' ||
                      letter == '_' || letter == '-' || letter == '{' || letter == '}';
    return kafka ? !word : letter == '+' || letter == '#';
  };
  const auto found = std::find_if(topic.begin(), topic.end(), wrong);
  if (found != topic.end()) {
    return invalid("uri: topic has '" + printable({&*found, 1}) + "', which no " +
                   std::string(kafka ? "Kafka" : "MQTT") + " topic may have");
  }
  if (topic.size() > kLongestTarget) {
    return invalid("uri: topic has " + std::to_string(topic.size()) + " characters, the limit is " +
                   std::to_string(kLongestTarget));
  }
  return {};
}

std::string with_port(std::string host, std::string_view port) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon == std::string::npos) return host + std::string(port);
  return colon + 1 == host.size() ? host.substr(0, colon) + std::string(port) : host;
}

// Each host is looked at as the camera's would be, the first one with the userinfo.
Status add_hosts(const Scheme& scheme, std::string_view authority, PublishAddress& address) {
  const std::string prefix = std::string(scheme.name) + "://";
  const size_t at = authority.rfind('@');
  const std::string userinfo(at == std::string_view::npos ? "" : authority.substr(0, at + 1));
  std::string_view hosts = authority.substr(userinfo.size());
  for (bool more = true; more;) {
    const size_t comma = hosts.find(',');
    more = comma != std::string_view::npos;
    if (more && scheme.kind != PublishKind::kKafka) {
      return invalid("uri has two hosts where one belongs");
    }
    const bool first = address.hosts.empty();
    Result<CameraAddress> parsed = parse_camera_address(prefix + (first ? userinfo : "") +
                                                        std::string(hosts.substr(0, comma)));
    if (!parsed.ok()) return parsed.status();
    if (first) {
      address.user = parsed->user;
      address.password = parsed->password;
      address.encoded_password = parsed->encoded_password;
    }
    address.hosts.push_back(with_port(parsed->uri.substr(prefix.size()), scheme.port));
    if (more) hosts.remove_prefix(comma + 1);
  }
  return {};
}

Result<PublishAddress> broker_address(const Scheme& scheme, std::string_view rest) {
  const size_t slash = rest.find('/');
  PublishAddress address;
  address.kind = scheme.kind;
  if (Status status = add_hosts(scheme, rest.substr(0, slash), address); !status.ok()) {
    return status;
  }
  std::string_view topic = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (topic.empty()) topic = scheme.target;
  if (Status status = check_topic(scheme, topic); !status.ok()) return status;
  Result<TextTemplate> target = TextTemplate::parse(topic, {"source", "event"});
  if (!target.ok()) return invalid("uri: topic " + target.status().message());
  address.target = *std::move(target);
  address.shown = std::string(scheme.name) + "://";
  for (const std::string& host : address.hosts) {
    address.shown += (&host == &address.hosts.front() ? "" : ",") + host;
  }
  address.shown += "/" + std::string(topic);
  return address;
}

}  // namespace

Result<PublishAddress> parse_publish_address(std::string_view uri) {
  if (uri == "-") {
    PublishAddress address;
    address.shown = "-";
    return address;
  }
  const size_t separator = uri.find("://");
  if (separator == std::string_view::npos) return unknown_scheme("");
  const std::string name = lower(uri.substr(0, separator));
  const std::string_view rest = uri.substr(separator + 3);
  if (name == "file") return file_address(uri, rest);
  for (const Scheme& scheme : kBrokers) {
    if (scheme.name == name) return broker_address(scheme, rest);
  }
  return unknown_scheme(name);
}

}  // namespace deepstack
