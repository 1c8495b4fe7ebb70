// choice: an option whose value is one of a few words, with an error that a person can read.
#pragma once

#include <map>
#include <string>

#include <CLI/CLI.hpp>

namespace deepstack {

// For CLI::Option::transform(): the word is replaced by its enum value's number, which CLI11 then
// reads into the enum.
template <typename Enum>
CLI::Validator choice(const std::map<std::string, Enum>& words) {
  return CLI::Validator(
      [words](std::string& value) -> std::string {
        const auto found = words.find(value);
        if (found != words.end()) {
          value = std::to_string(static_cast<int>(found->second));
          return "";
        }
        std::string message = "is '" + value + "', must be one of";
        for (const auto& [word, meaning] : words) message += " " + word;
        return message;
      },
      "");
}

}  // namespace deepstack
