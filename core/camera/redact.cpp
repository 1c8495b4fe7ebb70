#include "core/camera/redact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace deepstack {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool same_letter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool starts_with(std::string_view text, size_t at, std::string_view word) {
  return at <= text.size() && text.size() - at >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    same_letter);
}

size_t find_any_case(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = from; at + word.size() <= text.size(); ++at) {
    if (starts_with(text, at, word)) return at;
  }
  return kNone;
}

bool is_encoded(std::string_view text, size_t at, char letter) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(letter);
  const std::array<char, 2> hex{kDigits[byte >> 4U], kDigits[byte & 15U]};
  return starts_with(text, at, std::string_view(hex.data(), hex.size()));
}

// Where the letter may end that begins at `at`: as it is, %XX or %25XX. Several only for '%'.
void add_ends(std::string_view text, size_t at, char letter, std::vector<size_t>& ends) {
  const auto add = [&ends](size_t end) {
    if (std::find(ends.begin(), ends.end(), end) == ends.end()) ends.push_back(end);
  };
  if (at >= text.size()) return;
  if (text[at] == letter) add(at + 1);
  if (text[at] != '%') return;
  if (is_encoded(text, at + 1, letter)) add(at + 3);
  if (starts_with(text, at + 1, "25") && is_encoded(text, at + 3, letter)) add(at + 5);
}

// The end of the secret that begins at `at`, encoded or not; kNone when there is none.
size_t secret_end(std::string_view text, size_t at, std::string_view secret) {
  std::vector<size_t> places{at};
  for (const char letter : secret) {
    std::vector<size_t> ends;
    for (const size_t place : places) add_ends(text, place, letter, ends);
    if (ends.empty()) return kNone;
    places = std::move(ends);
  }
  return *std::max_element(places.begin(), places.end());
}

bool ends_word(char letter) {
  return std::isspace(static_cast<unsigned char>(letter)) != 0 || letter == '"' || letter == '\'' ||
         letter == '<' || letter == '>' || letter == '\0';
}

size_t word_end(std::string_view text, size_t from) {
  while (from < text.size() && !ends_word(text[from])) ++from;
  return from;
}

struct Opening {
  std::string_view begin;
  std::string_view end;
};
// As in a URL, in JSON that escapes slashes, in a URL inside of a URL, and in one inside of that.
constexpr std::array<Opening, 4> kUserinfos{{
    {"://", "@"},
    {":\\/\\/", "@"},
    {"%3a%2f%2f", "%40"},
    {"%253a%252f%252f", "%2540"},
}};

std::string without_userinfo(std::string_view text, const Opening& opening) {
  std::string result;
  size_t done = 0;
  for (size_t at = 0; (at = find_any_case(text, opening.begin, at)) != kNone;) {
    const size_t begin = at + opening.begin.size();
    const size_t end = word_end(text, begin);
    const std::string_view word = text.substr(begin, end - begin);
    const size_t last = word.rfind(opening.end);
    if (last == kNone) {
      at = begin;
      continue;
    }
    result.append(text, done, begin - done).append(Redactor::kMark);
    done = begin + last;
    at = end;
  }
  return result.append(text.substr(done));
}

constexpr std::array<std::string_view, 10> kSecretKeys{
    "password", "passwd", "passphrase", "pass",   "pwd",
    "user-pw",  "token",  "secret",     "apikey", "pw"};

// The key of "key=", which begins a word of letters at `at`; kNone when it is no secret's.
std::optional<size_t> value_begin(std::string_view text, size_t at) {
  if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0) return std::nullopt;
  for (const std::string_view key : kSecretKeys) {
    const size_t end = at + key.size();
    if (starts_with(text, at, key) && end < text.size() && text[end] == '=') return end + 1;
  }
  return std::nullopt;
}

std::string without_parameters(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const std::optional<size_t> begin = value_begin(text, at);
    if (!begin) {
      result += text[at++];
      continue;
    }
    size_t end = *begin;
    while (end < text.size() && text[end] != '&' && !ends_word(text[end])) ++end;
    result.append(text, at, *begin - at);
    if (end > *begin) result.append(Redactor::kMark);
    at = end;
  }
  return result;
}

}  // namespace

Redactor::Redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  std::erase_if(secrets_, [](const std::string& secret) {
    return secret.size() < kShortestSecret || secret.size() > kLongestSecret;
  });
  std::sort(secrets_.begin(), secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Redactor::without_secrets(std::string_view text) const {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    size_t end = kNone;
    for (const std::string& secret : secrets_) {
      end = secret_end(text, at, secret);
      if (end != kNone) break;
    }
    if (end == kNone) {
      result += text[at++];
    } else {
      result.append(kMark);
      at = end;
    }
  }
  return result;
}

std::string Redactor::apply(std::string_view text) const {
  std::string result = without_secrets(text);
  for (const Opening& opening : kUserinfos) result = without_userinfo(result, opening);
  return without_parameters(result);
}

}  // namespace deepstack
