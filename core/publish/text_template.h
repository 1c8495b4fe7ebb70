// TextTemplate: text with placeholders in braces, as a user writes it into a topic or a path
// ("deepstack/{source}/{event}"). Which placeholders there are is the caller's to say; any other is
// an error, never text. A value; const functions may be called by any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace deepstack {

class TextTemplate {
 public:
  // One name and value for each placeholder that is allowed.
  struct Value {
    std::string_view name;
    std::string_view value;
  };

  // kInvalid, naming the placeholder and those that there are.
  static Result<TextTemplate> parse(std::string_view text,
                                    const std::vector<std::string_view>& allowed);

  // A placeholder without a value is empty.
  std::string expand(const std::vector<Value>& values) const;

  bool has(std::string_view name) const;
  // What stands before the first placeholder.
  std::string_view beginning() const {
    return parts_.empty() ? std::string_view() : parts_[0].text;
  }

 private:
  struct Part {
    std::string text;
    std::string placeholder{};  // which follows the text; "" at the end
  };
  std::vector<Part> parts_;
};

}  // namespace deepstack
