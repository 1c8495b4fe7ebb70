#include "pipelines/serve/token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/printable.h"
#include "core/regular_file.h"
#include "core/sha256.h"

namespace deepstack {
namespace {

constexpr size_t kShortest = 16;
constexpr size_t kLongest = 256;

}  // namespace

Result<std::string> read_token_digest(const std::filesystem::path& file) {
  const std::string name = "--token-file " + printable(file.string());
  Result<std::string> text = read_text_file(file, kLongest + 2);
  if (!text.ok()) return Status(text.status().code(), name + ": " + text.status().message());
  struct stat found {};
  if (lstat(file.c_str(), &found) != 0) return not_found(name + ": no such file");
  if (!S_ISREG(found.st_mode)) return invalid(name + ": is a link; name the file itself");
  if ((found.st_mode & 077U) != 0) {
    return invalid(name + ": others may read or write it; it must have mode 0600");
  }
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    return invalid(name + ": belongs to another user");
  }
  const std::string token = text->substr(0, text->find_last_not_of("\r\n") + 1);
  const bool printing = std::all_of(token.begin(), token.end(), [](unsigned char letter) {
    return letter > ' ' && letter < 0x7f;
  });
  if (token.size() < kShortest || token.size() > kLongest || !printing) {
    return invalid(name + ": must be one line of " + std::to_string(kShortest) + " to " +
                   std::to_string(kLongest) + " letters, digits or signs");
  }
  Sha256 digest;
  digest.add(token.data(), token.size());
  return digest.finish();
}

}  // namespace deepstack
