#include "core/publish/publish_settings.h"

#include "core/camera/credentials.h"
#include "core/identity/uuid.h"
#include "core/regular_file.h"

namespace deepstack {
namespace {

constexpr uint64_t kMostPem_bytes = 1 << 20;

Status check_pem(const char* property, const std::string& file) {
  if (file.empty()) return {};
  const Result<std::string> text = read_text_file(file, kMostPem_bytes);
  if (!text.ok()) {
    return {text.status().code(),
            std::string(property) + " " + file + ": " + text.status().message()};
  }
  if (text->find("-----BEGIN ") == std::string::npos) {
    return invalid(std::string(property) + " " + file + ": is no PEM file: has no line BEGIN");
  }
  return {};
}

Status check_tls(const PublishSettings& settings) {
  for (const auto& [property, file] :
       {std::pair("ca-file", &settings.ca_file), std::pair("cert-file", &settings.cert_file),
        std::pair("key-file", &settings.key_file)}) {
    if (Status status = check_pem(property, *file); !status.ok()) return status;
  }
  if (settings.cert_file.empty() != settings.key_file.empty()) {
    return invalid("cert-file and key-file belong together, and one of them is not set");
  }
  return {};
}

Status check_topic(const std::string& topic) {
  if (topic.find_first_of("+#") != std::string::npos || topic.size() > 512) {
    return invalid("availability-topic '" + topic +
                   "' has a wildcard, or more than 512 characters");
  }
  return {};
}

}  // namespace

Result<PublishPlan> plan_publishing(const PublishSettings& settings) {
  Result<PublishAddress> address = parse_publish_address(settings.uri);
  if (!address.ok()) return address.status();
  if (Status status = check_tls(settings); !status.ok()) return status;
  if (Status status = check_topic(settings.availability_topic); !status.ok()) return status;
  PublishPlan plan;
  plan.settings = settings;
  plan.address = *std::move(address);
  Result<Credentials> credentials =
      choose_credentials(settings.credentials_file, {settings.user_id, settings.user_pw},
                         {plan.address.user, plan.address.password});
  if (!credentials.ok()) return credentials.status();
  plan.user = credentials->user;
  plan.password = credentials->password;
  plan.redactor = Redactor(
      {plan.password, settings.user_pw, plan.address.password, plan.address.encoded_password});
  if (plan.settings.client_id.empty()) plan.settings.client_id = "deepstack-" + random_uuid();
  // What was secret in it is in the plan's own fields now.
  plan.settings.uri = plan.address.shown;
  plan.settings.user_pw.clear();
  return plan;
}

}  // namespace deepstack
