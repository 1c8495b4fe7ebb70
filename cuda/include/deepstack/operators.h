// The operators of gst-deepstack, as functions. Each calls the torch operator deepstack::NAME;
// where the tensors live decides whether its CPU reference or its CUDA kernel runs.
//
// All are inference only (no autograd). Shapes are checked; a wrong one raises c10::Error, which
// core/model turns into a Status. Any thread; CUDA work goes to the current stream and is not
// waited for.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include <ATen/ATen.h>

namespace deepstack {

// Pictures at another size, as Pillow's BICUBIC has them, bit for bit: images [N, H, W, C] uint8, C
// of 1..4, sides of 1..65536 -> [N, height, width, C] contiguous. Cubic a = -0.5, half-pixel
// centres, antialiased when shrinking; across first, rounded to 8 bits, then down (after 12.1
// Pillow may turn the two around; Qwen3-VL's processor does not). Rows of pixels side by side are
// borrowed, however far apart the rows are; anything else is copied first. On the CPU only: that is
// where pictures come from.
at::Tensor resize_bicubic(const at::Tensor& images, int64_t height, int64_t width);

// Pixels to the rows of a patch embedding, in Qwen3-VL's layout: images [K, F, H, W, C] uint8 (any
// strides) -> [K * F/temporal * H/patch * W/patch, C * temporal * patch * patch] float. Rows: item
// by item, frame-major, then blocks of merge x merge patches in raster order, row-major inside a
// block. Inside a row: channel slowest, then frame, y, x; the value is (u8 - 255 mean) / (255 std).
// mean, std: one each channel. H and W are multiples of patch * merge, F of temporal.
at::Tensor patchify(const at::Tensor& images, int64_t patch, int64_t temporal, int64_t merge,
                    at::ArrayRef<double> mean, at::ArrayRef<double> std);

// Rotary embedding of attention heads: x [N, heads, head], cosine and sine [P, head / 2] float, N a
// multiple of P (token n has position n % P) -> [N, heads, head] contiguous. Pairs (i, i + head /
// 2); computed in float whatever x is, and rounded once. The last dimension of x is dense.
at::Tensor rotate_heads(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);

// DeepStack fusion after the adapters' linear part: projected [L, N, H] ->
//   levels [L, N, H]  z_l = LN(projected_l; level_norm_weight_l, level_norm_bias_l)
//   gates  [N, L]     g   = softmax(gate_weight mean_l(z_l) + gate_bias)
//   fused  [N, H]     LN(sum_l g_l z_l; norm_weight, norm_bias)
// level_norm_*: [L, H], gate_weight: [L, H], gate_bias: [L], norm_*: [H]. L <= 8.
std::tuple<at::Tensor, at::Tensor, at::Tensor> gated_fusion(
    const at::Tensor& projected, const at::Tensor& level_norm_weight,
    const at::Tensor& level_norm_bias, const at::Tensor& gate_weight, const at::Tensor& gate_bias,
    const at::Tensor& norm_weight, const at::Tensor& norm_bias, double eps);

// Angles of the interleaved multi-axis rotary embedding (Qwen3-VL): positions [N, 3] double in the
// order time, row, column, frequency [H / 2] double -> [N, H / 2] double. Channel pair c turns with
// the axis
//   row if c % 3 == 1 and c < 3 section[1]; column if c % 3 == 2 and c < 3 section[2]; else time
at::Tensor mrope_angles(const at::Tensor& positions, const at::Tensor& frequency,
                        at::IntArrayRef section);

// Turns x [N, H] by those angles, pairs (c, c + H / 2); cosine and sine are multiplied by magnitude
// (YaRN's; else 1) and rounded to x's type. Returns [N, H].
at::Tensor mrope(const at::Tensor& x, const at::Tensor& positions, const at::Tensor& frequency,
                 at::IntArrayRef section, double magnitude = 1);

// Averages of a feature map over a grid of cells of each box (RoIAlign, He et al. 2017, with one
// half-pixel shift): features [L, C, H, W], boxes [K, 4] (x0, y0, x1, y1 in cells of the map) ->
// [K, L, rows * columns, C]. samples^2 bilinear samples a cell; outside the map its border counts.
at::Tensor roi_pool(const at::Tensor& features, const at::Tensor& boxes, int64_t rows,
                    int64_t columns, int64_t samples);

// Cross-frame attention of observations against groups of cached tokens (a group = an identity):
//   query, query_rotated [Q, L, K, H]; key, key_rotated [P, L, K, H]; offsets [G + 1] int64, group
//   g owns the prototypes offsets[g] .. offsets[g+1]-1. All vectors of query and key have length 1.
// Per level and query token: weights = softmax over the group's tokens of scale * <rotated,
// rotated>, value = weighted sum of key tokens, similarity = cosine of query token and value; the
// mean over the K query tokens is returned as [Q, G, L]. A group without prototypes gets 0.
at::Tensor match(const at::Tensor& query, const at::Tensor& query_rotated, const at::Tensor& key,
                 const at::Tensor& key_rotated, const at::Tensor& offsets, double scale);

// The best `count` rows for every query by inner product, best first: query [Q, D] float, rows
// [N, D] half, kept [N] bool (rows that count; all without it) -> scores [Q, count] float and indexes
// [Q, count] int64; what there are no rows for is -infinity and -1. Exact: every row is looked at,
// in float. A row with a value that is no number fits nothing. Memory beyond the operands is bounded:
// a few hundred KiB on the CPU, where equal scores come in the order of rows, and 64 MiB or so
// elsewhere. count of 1..65536. On the CPU by the calling thread alone.
std::tuple<at::Tensor, at::Tensor> match_topk(const at::Tensor& query, const at::Tensor& rows,
                                              const std::optional<at::Tensor>& kept,
                                              int64_t count);

}  // namespace deepstack
