// Redactor: takes credentials out of text that leaves the process: messages, events, logs,
// statistics.
//
// Two rules, as either alone leaks. What is known to be a secret goes wherever it stands, as it is
// or percent-encoded, once or twice. What looks like a credential goes without being known: the
// userinfo of a URL (`://user:password@`, also with the slashes escaped or encoded), up to the last
// `@` of the word, since passwords are written with any character; and the value of a parameter
// that is called password or the like. Rather a host too much than a password too little.
//
// A value; const functions may be called by any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepstack {

class Redactor {
 public:
  static constexpr std::string_view kMark = "***";
  // What is shorter would black out half of every text; it goes by its place only.
  static constexpr size_t kShortestSecret = 3;
  static constexpr size_t kLongestSecret = 1024;

  Redactor() = default;
  // Empty, too short and too long ones are left out.
  explicit Redactor(std::vector<std::string> secrets);

  std::string apply(std::string_view text) const;

 private:
  std::string without_secrets(std::string_view text) const;

  std::vector<std::string> secrets_;  // longest first
};

}  // namespace deepstack
