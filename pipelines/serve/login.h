// Login: who may see what is served. Without a token everybody who reaches the server (on loopback
// alone); with one, whoever sends it as `Authorization: Bearer`, or has the cookie that was given
// for it. Kept are digests, never the token or a cookie. Wrong tokens are counted by address: five
// a minute. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <httplib.h>

#include "core/time/clock.h"
#include "pipelines/serve/refusal.h"

namespace deepstack {

class Login {
 public:
  static constexpr int kTriesAMinute = 5;
  static constexpr size_t kMostAddresses = 1024;  // that failed within a minute; others wait
  static constexpr size_t kMostSessions = 64;     // the oldest goes
  static constexpr int64_t kSessionSeconds = 12 * 3600;

  // token_digest: SHA-256 in hexadecimal digits; "" where no token is needed.
  Login(std::string token_digest, std::shared_ptr<const Clock> clock);

  bool needs_token() const { return !token_digest_.empty(); }

  // Why the request may not go on; nothing when it may.
  std::optional<Refusal> check(const httplib::Request& request);

  struct Answer {
    std::optional<Refusal> refusal;
    std::string cookie;  // for Set-Cookie, when there is no refusal
  };
  Answer log_in(const std::string& address, const std::string& token);

  // Ends the request's session; what to Set-Cookie.
  std::string log_out(const httplib::Request& request);

 private:
  struct Tries {
    int wrong = 0;
    int64_t since_ns = 0;
  };
  std::optional<Refusal> check_token(const std::string& address, const std::string& token);
  bool has_session(const httplib::Request& request);
  void forget_old_tries();

  std::string token_digest_;
  std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  std::map<std::string, Tries> tries_;       // by address
  std::map<std::string, int64_t> sessions_;  // digest of the cookie -> when it began, ns
};

}  // namespace deepstack
