#include "core/model/linear.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace deepstack {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             std::string_view, Scalars, std::optional<std::string_view>);
using Binary = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                          const std::optional<at::Tensor>&, std::string_view);

// oneDNN's fused linear layers, which LibTorch's own compiler uses; a LibTorch without them has
// none.
struct OneDnn {
  std::optional<c10::TypedOperatorHandle<Pointwise>> pointwise;
  std::optional<c10::TypedOperatorHandle<Binary>> binary;

  OneDnn() {
    if (!at::hasMKLDNN()) return;
    auto& dispatcher = c10::Dispatcher::singleton();
    const auto one = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    const auto two = dispatcher.findSchema({"mkldnn::_linear_pointwise", "binary"});
    if (!one || !two) return;
    pointwise = one->typed<Pointwise>();
    binary = two->typed<Binary>();
  }
};

// Null where oneDNN has nothing for x: another device, a type it does not take, or no rows.
const OneDnn* one_dnn(const at::Tensor& x) {
  static const OneDnn kOneDnn;
  const bool fits = x.is_cpu() && x.numel() > 0 &&
                    (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  return fits && kOneDnn.pointwise ? &kOneDnn : nullptr;
}

const char* name(Gelu gelu) { return gelu == Gelu::kTanh ? "tanh" : "none"; }

}  // namespace

at::Tensor Linear::forward(const at::Tensor& x) const {
  if (const OneDnn* library = one_dnn(x)) {
    return library->pointwise->call(x, weight, bias, "none", Scalars(), std::nullopt);
  }
  return at::linear(x, weight, bias);
}

at::Tensor Linear::forward_gelu(const at::Tensor& x, Gelu gelu) const {
  if (const OneDnn* library = one_dnn(x)) {
    return library->pointwise->call(x, weight, bias, "gelu", Scalars(), name(gelu));
  }
  return at::gelu(at::linear(x, weight, bias), name(gelu));
}

at::Tensor Linear::forward_add(const at::Tensor& x, const at::Tensor& residual) const {
  if (const OneDnn* library = one_dnn(x)) {
    return library->binary->call(x, residual, weight, bias, "add");
  }
  return residual + at::linear(x, weight, bias);
}

}  // namespace deepstack
