#include "core/camera/credentials.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/printable.h"
#include "core/regular_file.h"

namespace deepstack {
namespace {

constexpr uint64_t kMaxBytes = 4096;

struct Place {
  std::filesystem::path path;
  bool guarded = false;  // by whoever started us
};

Place find_place(const std::string& file) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder != nullptr && *folder != '\0' && file.find('/') == std::string::npos) {
    const std::filesystem::path path = std::filesystem::path(folder) / file;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return {path, true};
  }
  return {file, false};
}

Result<Credentials> parse(std::string_view text) {
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return invalid("has no line user:password");
  }
  if (text.find('\n') != std::string_view::npos) return invalid("has more than one line");
  if (std::any_of(text.begin(), text.end(), [](char letter) {
        return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
      })) {
    return invalid("has a control character in its line");
  }
  return Credentials{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::string octal(unsigned mode) {
  std::string text = "0000";
  for (size_t digit = 0; digit < 4; ++digit) {
    text[3 - digit] = static_cast<char>('0' + ((mode >> (3 * digit)) & 7U));
  }
  return text;
}

}  // namespace

Result<Credentials> read_credentials(const std::string& file) {
  const Place place = find_place(file);
  const std::string name = "credentials-file " + printable(place.path.string());
  Result<std::string> text = read_text_file(place.path, kMaxBytes);
  if (!text.ok()) return Status(text.status().code(), name + ": " + text.status().message());
  struct stat found {};
  if (stat(place.path.c_str(), &found) != 0) return not_found(name + ": no such file");
  if (!place.guarded && (found.st_mode & 077U) != 0) {
    return invalid(name + ": others may read or write it (mode " + octal(found.st_mode & 07777U) +
                   "); it must be 0600");
  }
  Result<Credentials> credentials = parse(*text);
  if (!credentials.ok()) return invalid(name + ": " + credentials.status().message());
  return credentials;
}

Result<Credentials> choose_credentials(const std::string& file, const Credentials& set,
                                       const Credentials& of_address) {
  if (!file.empty()) return read_credentials(file);
  return Credentials{.user = set.user.empty() ? of_address.user : set.user,
                     .password = set.password.empty() ? of_address.password : set.password};
}

}  // namespace deepstack
