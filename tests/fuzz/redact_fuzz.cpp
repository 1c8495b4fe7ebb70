// Any text with any secret in it, as it is and percent-encoded, through Redactor: the secret is
// gone.
#include "core/camera/redact.h"

#include <string>
#include <string_view>

#include "core/camera/camera_address.h"
#include "tests/fuzz/require.h"

namespace deepstack {
namespace {

using test::require;

std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    result += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return result;
}

bool shows(std::string_view text, std::string_view secret) {
  return text.find(secret) != std::string_view::npos;
}

}  // namespace
}  // namespace deepstack

// Length of the secret, where in the rest it is put, the secret, the rest.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  if (bytes < 2) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 2), bytes - 2);
  const std::string secret(text.substr(0, data[0] % 32));
  text.remove_prefix(secret.size());
  const size_t place = text.empty() ? 0 : data[1] % text.size();

  // A message about the URI repeats nothing of it, whatever it is.
  const Result<CameraAddress> address = parse_camera_address(text);
  if (!address.ok()) test::require_clear(address.status(), StatusCode::kInvalid);

  const Redactor redactor({secret});
  // The mark may make what is marked: no secret has it in it.
  const bool guarded =
      secret.size() >= Redactor::kShortestSecret && secret.find('*') == std::string::npos;
  for (const std::string& written : {secret, encoded(secret), encoded(encoded(secret))}) {
    std::string whole(text);
    whole.insert(place, written);
    const std::string redacted = redactor.apply(whole);
    if (guarded) {
      require(redacted == redactor.apply(redacted), "twice is as good as once");
      require(!shows(redacted, secret), "the secret is gone");
      require(!shows(redacted, encoded(secret)), "so is its encoded form");
    }
  }
  return 0;
}
