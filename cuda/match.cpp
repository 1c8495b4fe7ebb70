#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

void check_match(const at::Tensor& query, const at::Tensor& query_rotated, const at::Tensor& key,
                 const at::Tensor& key_rotated, const at::Tensor& offsets) {
  TORCH_CHECK(query.dim() == 4 && query.sizes() == query_rotated.sizes(),
              "match: query and query_rotated must be the same [Q, L, K, H]");
  TORCH_CHECK(key.dim() == 4 && key.sizes() == key_rotated.sizes(),
              "match: key and key_rotated must be the same [P, L, K, H]");
  TORCH_CHECK(query.sizes().slice(1) == key.sizes().slice(1), "match: query ", query.sizes(),
              " and key ", key.sizes(), " differ in more than their first size");
  TORCH_CHECK(offsets.dim() == 1 && offsets.size(0) >= 1 && offsets.scalar_type() == at::kLong,
              "match: offsets must be int64 [G + 1]");
}

at::Tensor match_reference(const at::Tensor& query, const at::Tensor& query_rotated,
                           const at::Tensor& key, const at::Tensor& key_rotated,
                           const at::Tensor& offsets, double scale) {
  check_match(query, query_rotated, key, key_rotated, offsets);
  const int64_t queries = query.size(0);
  const int64_t levels = query.size(1);
  const int64_t tokens = query.size(2);
  const int64_t width = query.size(3);
  const int64_t groups = offsets.size(0) - 1;
  const at::Tensor bounds = offsets.to(at::kCPU).contiguous();
  const int64_t* bound = bounds.const_data_ptr<int64_t>();

  // [L, tokens of all queries or prototypes, H]
  const auto by_level = [&](const at::Tensor& x) {
    return x.transpose(0, 1).reshape({levels, x.size(0) * tokens, width});
  };
  const at::Tensor q = by_level(query);
  const at::Tensor k = by_level(key);
  const at::Tensor logits = at::bmm(by_level(query_rotated), by_level(key_rotated).transpose(1, 2))
                                .mul_(scale);
  at::Tensor similarity = at::zeros({queries, groups, levels}, query.options());
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t first = bound[g] * tokens;
    const int64_t count = (bound[g + 1] - bound[g]) * tokens;
    if (count == 0) continue;
    const at::Tensor weights = at::softmax(logits.narrow(2, first, count), 2);
    const at::Tensor value = at::bmm(weights, k.narrow(1, first, count));
    const at::Tensor length = value.norm(2, -1).clamp_min_(1e-12);
    const at::Tensor cosine = (q * value).sum(-1).div_(length);  // [L, Q * K]
    similarity.select(1, g).copy_(cosine.view({levels, queries, tokens}).mean(2).t());
  }
  return similarity;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def(
      "match(Tensor query, Tensor query_rotated, Tensor key, Tensor key_rotated, Tensor offsets, "
      "float scale) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("match", match_reference);
}

at::Tensor match(const at::Tensor& query, const at::Tensor& query_rotated, const at::Tensor& key,
                 const at::Tensor& key_rotated, const at::Tensor& offsets, double scale) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::match", "")
                             .typed<decltype(match_reference)>();
  return op.call(query, query_rotated, key, key_rotated, offsets, scale);
}

}  // namespace deepstack
