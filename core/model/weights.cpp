#include "core/model/weights.h"

#include <cmath>
#include <optional>
#include <sstream>

#include <ATen/CPUGeneratorImpl.h>

namespace deepstack {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::ostringstream text;
  text << at::IntArrayRef(shape);
  return text.str();
}

}  // namespace

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

at::Tensor WeightReader::draw(const std::string& name, const std::vector<int64_t>& shape) const {
  // FNV-1a, so that a tensor does not depend on which were taken before it.
  uint64_t hash = 14695981039346656037U ^ seed_;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  const at::Generator generator = at::detail::createCPUGenerator(hash);
  const at::Tensor values = at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
  if (shape.size() > 1) {
    const auto inputs = static_cast<double>(values.numel() / shape[0]);
    return values / std::sqrt(inputs);
  }
  const bool norm = name.find("norm") != std::string::npos && name.ends_with("weight");
  return 0.1 * values + (norm ? 1.0 : 0.0);
}

Result<at::Tensor> WeightReader::read(const std::string& name,
                                      const std::vector<int64_t>& shape) const {
  const std::string stored_name = prefix_ + name;
  const auto place = files_->find(stored_name);
  if (!place) return corrupt(files_->path().string() + ": tensor " + stored_name + " is missing");
  const std::string where = place->file->path().string() + ": tensor " + stored_name + " ";
  const TensorEntry& entry = *place->entry;
  if (entry.shape != shape) {
    return corrupt(where + "has shape " + shape_text(entry.shape) + ", " + shape_text(shape) +
                   " is needed");
  }
  const auto type = float_type(entry.type);
  if (!type) return corrupt(where + "holds no floating point numbers");
  const at::Tensor stored = at::empty(shape, at::TensorOptions().dtype(*type));
  if (Status status = place->file->read(entry, stored.mutable_data_ptr()); !status.ok()) {
    return status;
  }
  const auto [least, most] = at::aminmax(stored.to(at::kFloat));  // undefined numbers win both
  if (!std::isfinite(least.item<float>()) || !std::isfinite(most.item<float>())) {
    return corrupt(where + "holds infinite or undefined numbers");
  }
  return stored;
}

at::Tensor WeightReader::take(const std::string& name, const std::vector<int64_t>& shape,
                              const at::TensorOptions& options) {
  if (files_ == nullptr) return draw(name, shape).to(options);
  Result<at::Tensor> stored =
      status_.ok() ? read(name, shape) : Result<at::Tensor>(status_);
  if (stored.ok()) return stored->to(options);
  status_ = stored.status();
  // A view of one zero: a file without the tensor must not make room for what it only names.
  return at::zeros({}, options).expand(shape);
}

}  // namespace deepstack
