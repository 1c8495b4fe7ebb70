#include "core/publish/text_template.h"

#include <algorithm>

#include "core/printable.h"

namespace deepstack {
namespace {

Status unknown(std::string_view name, const std::vector<std::string_view>& allowed) {
  std::string known;
  for (const std::string_view each : allowed) {
    known += (known.empty() ? "{" : ", {") + std::string(each) + "}";
  }
  return invalid("has the placeholder {" + printable(name) + "}; there are " +
                 (known.empty() ? "none here" : known));
}

}  // namespace

Result<TextTemplate> TextTemplate::parse(std::string_view text,
                                         const std::vector<std::string_view>& allowed) {
  TextTemplate result;
  while (true) {
    const size_t open = text.find_first_of("{}");
    if (open == std::string_view::npos) break;
    const size_t close = text.find('}', open);
    if (text[open] == '}' || close == std::string_view::npos) {
      return invalid("has a brace without its other");
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      return unknown(name, allowed);
    }
    result.parts_.push_back({std::string(text.substr(0, open)), std::string(name)});
    text.remove_prefix(close + 1);
  }
  result.parts_.push_back({std::string(text)});
  return result;
}

std::string TextTemplate::expand(const std::vector<Value>& values) const {
  std::string result;
  for (const Part& part : parts_) {
    result += part.text;
    for (const Value& value : values) {
      if (value.name == part.placeholder) result += value.value;
    }
  }
  return result;
}

bool TextTemplate::has(std::string_view name) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [name](const Part& part) { return part.placeholder == name; });
}

}  // namespace deepstack
