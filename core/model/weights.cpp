#include "core/model/weights.h"

#include <optional>
#include <sstream>

namespace deepstack {
namespace {

std::optional<at::ScalarType> float_type(TensorType type) {
  switch (type) {
    case TensorType::kF32:
      return at::kFloat;
    case TensorType::kF16:
      return at::kHalf;
    case TensorType::kBf16:
      return at::kBFloat16;
    case TensorType::kF64:
      return at::kDouble;
    default:
      return std::nullopt;
  }
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::ostringstream text;
  text << at::IntArrayRef(shape);
  return text.str();
}

}  // namespace

at::Tensor WeightReader::fail(Status status, const std::vector<int64_t>& shape) {
  if (status_.ok()) status_ = std::move(status);
  // A view of one zero: a file without the tensor must not make room for what it only names.
  return at::zeros({}).expand(shape);
}

at::Tensor WeightReader::take(const std::string& name, const std::vector<int64_t>& shape) {
  const std::string where = file_.path().string() + ": tensor " + name + " ";
  const auto entry = file_.entries().find(name);
  if (entry == file_.entries().end()) return fail(corrupt(where + "is missing"), shape);
  if (entry->second.shape != shape) {
    return fail(corrupt(where + "has shape " + shape_text(entry->second.shape) + ", " +
                        shape_text(shape) + " is needed"),
                shape);
  }
  const auto type = float_type(entry->second.type);
  if (!type) return fail(corrupt(where + "holds no floating point numbers"), shape);
  at::Tensor stored = at::empty(shape, at::TensorOptions().dtype(*type));
  if (Status status = file_.read(entry->second, stored.mutable_data_ptr()); !status.ok()) {
    return fail(std::move(status), shape);
  }
  const at::Tensor weights = stored.to(at::kFloat);
  if (!at::isfinite(weights).all().item<bool>()) {
    return fail(corrupt(where + "holds infinite or undefined numbers"), shape);
  }
  return weights;
}

}  // namespace deepstack
