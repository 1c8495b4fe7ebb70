// JsonTree: a JSON value that can be taken apart when there is no memory left. The library's own
// destructor puts the children of a value on a heap first, and ends the process when it cannot
//. Move only.
#pragma once

#include <utility>

#include <nlohmann/json.hpp>

namespace deepstack {

class JsonTree {
 public:
  JsonTree() = default;
  JsonTree(JsonTree&& other) noexcept : root_(std::move(other.root_)) {}
  JsonTree& operator=(JsonTree&& other) noexcept {
    std::swap(root_, other.root_);  // taken apart with the other
    return *this;
  }
  ~JsonTree() { take_apart(root_); }

  const nlohmann::json& operator*() const { return root_; }
  const nlohmann::json* operator->() const { return &root_; }
  nlohmann::json& root() { return root_; }

 private:
  // Leaves first: what has no children is destroyed without memory. As deep as the value, which
  // parse_guarded_json() bounds.
  static void take_apart(nlohmann::json& value) {
    if (!value.is_structured()) return;
    for (nlohmann::json& child : value) take_apart(child);
    value.clear();
  }

  nlohmann::json root_;
};

}  // namespace deepstack
