#include "pipelines/serve/login.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "core/sha256.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr const char* kCookie = "deepstack_session";
constexpr int64_t kMinuteNs = 60 * kNanosPerSecond;
const Refusal kWrongToken{401, "the token is not the one of this server"};
const Refusal kTooMany{429, "too many wrong tokens; try again in a minute"};

// "" when it cannot be computed, which equals nothing.
std::string digest_of(const std::string& text) {
  Sha256 digest;
  digest.add(text.data(), text.size());
  Result<std::string> digits = digest.finish();
  return digits.ok() ? *std::move(digits) : std::string();
}

// In a time that says nothing of where they differ.
bool same(const std::string& a, const std::string& b) {
  return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// A neighbour in IPv6 has 2^64 addresses.
std::string counted_address(const std::string& address) {
  size_t end = 0;
  for (int group = 0; group < 4 && end != std::string::npos; ++group) {
    end = address.find(':', end + (group == 0 ? 0 : 1));
  }
  return end == std::string::npos ? address : address.substr(0, end);
}

std::string cookie_of(const httplib::Request& request) {
  const std::string header = request.get_header_value("Cookie");
  const std::string wanted = std::string(kCookie) + "=";
  for (size_t at = 0; at < header.size();) {
    const size_t end = std::min(header.find(';', at), header.size());
    const size_t begin = header.find_first_not_of(' ', at);
    if (begin < end && header.compare(begin, wanted.size(), wanted) == 0) {
      return header.substr(begin + wanted.size(), end - begin - wanted.size());
    }
    at = end + 1;
  }
  return "";
}

std::string cookie_header(const std::string& value, int64_t seconds) {
  return std::string(kCookie) + "=" + value + "; Path=/; Max-Age=" + std::to_string(seconds) +
         "; HttpOnly; SameSite=Strict";
}

}  // namespace

Login::Login(std::string token_digest, std::shared_ptr<const Clock> clock)
    : token_digest_(std::move(token_digest)), clock_(std::move(clock)) {}

std::optional<Refusal> Login::check(const httplib::Request& request) {
  if (!needs_token()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  constexpr const char* kScheme = "Bearer ";
  const std::string header = request.get_header_value("Authorization");
  if (header.starts_with(kScheme)) {
    return check_token(request.remote_addr, header.substr(std::char_traits<char>::length(kScheme)));
  }
  if (has_session(request)) return std::nullopt;
  return Refusal{401, "this needs the token of the server"};
}

Login::Answer Login::log_in(const std::string& address, const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (needs_token()) {
    if (std::optional<Refusal> refusal = check_token(address, token)) return {refusal, ""};
  }
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return {Refusal{500, "no random numbers for a session"}, ""};
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string cookie;
  for (const unsigned char byte : random) {
    cookie += kDigits[byte >> 4];
    cookie += kDigits[byte & 15];
  }
  if (sessions_.size() >= kMostSessions) {
    sessions_.erase(
        std::min_element(sessions_.begin(), sessions_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  sessions_[digest_of(cookie)] = clock_->now_ns();
  return {std::nullopt, cookie_header(cookie, kSessionSeconds)};
}

std::string Login::log_out(const httplib::Request& request) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(digest_of(cookie_of(request)));
  return cookie_header("", 0);
}

std::optional<Refusal> Login::check_token(const std::string& address, const std::string& token) {
  forget_old_tries();
  const std::string key = counted_address(address);
  const auto found = tries_.find(key);
  if (found != tries_.end() ? found->second.wrong >= kTriesAMinute
                            : tries_.size() >= kMostAddresses) {
    return kTooMany;
  }
  if (same(digest_of(token), token_digest_)) return std::nullopt;
  Tries& tries = tries_[key];
  if (tries.wrong++ == 0) tries.since_ns = clock_->now_ns();
  return kWrongToken;
}

bool Login::has_session(const httplib::Request& request) {
  const std::string cookie = cookie_of(request);
  if (cookie.empty()) return false;
  // Looked up by digest: how long that takes says nothing of the cookie.
  const auto found = sessions_.find(digest_of(cookie));
  if (found == sessions_.end()) return false;
  if (clock_->now_ns() - found->second < kSessionSeconds * kNanosPerSecond) return true;
  sessions_.erase(found);
  return false;
}

void Login::forget_old_tries() {
  const int64_t now_ns = clock_->now_ns();
  std::erase_if(
      tries_, [now_ns](const auto& entry) { return now_ns - entry.second.since_ns >= kMinuteNs; });
}

}  // namespace deepstack
