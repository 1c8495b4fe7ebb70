#include <array>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

// What a call cuts: sizes of the pictures and of a patch, in the words of operators.h.
struct Cut {
  int64_t frames, height, width, channels;
  int64_t patch, temporal, merge;

  int64_t rows() const { return height / patch; }
  int64_t columns() const { return width / patch; }
  int64_t tokens() const { return frames / temporal * rows() * columns(); }
  int64_t values() const { return channels * temporal * patch * patch; }
};

// Where the token-th patch of one item lies: frame-major, then merge x merge blocks in raster
// order, row-major inside a block.
struct Place {
  int64_t group, row, column;
};

Place place_of(int64_t token, const Cut& cut) {
  const int64_t inside = token % (cut.rows() * cut.columns());
  const int64_t block = inside / (cut.merge * cut.merge);
  const int64_t blocks_across = cut.columns() / cut.merge;
  const int64_t cell = inside % (cut.merge * cut.merge);
  return {token / (cut.rows() * cut.columns()),
          block / blocks_across * cut.merge + cell / cut.merge,
          block % blocks_across * cut.merge + cell % cut.merge};
}

// Value of each byte in each channel: (byte - 255 mean) / (255 std), in float as torchvision's
// fused rescale and normalise.
std::vector<float> value_table(at::ArrayRef<double> mean, at::ArrayRef<double> std) {
  std::vector<float> table;
  for (size_t c = 0; c < mean.size(); ++c) {
    const auto middle = static_cast<float>(mean[c] * 255.0);
    const auto spread = static_cast<float>(std[c] * 255.0);
    for (int byte = 0; byte < 256; ++byte) {
      table.push_back((static_cast<float>(byte) - middle) / spread);
    }
  }
  return table;
}

at::Tensor patchify_cpu(const at::Tensor& images, int64_t patch, int64_t temporal, int64_t merge,
                        at::ArrayRef<double> mean, at::ArrayRef<double> std) {
  TORCH_CHECK(images.dim() == 5 && images.scalar_type() == at::kByte,
              "patchify: images must be uint8 [K, F, H, W, C]");
  const Cut cut{images.size(1), images.size(2), images.size(3), images.size(4),
                patch,          temporal,       merge};
  TORCH_CHECK(patch > 0 && merge > 0 && cut.height % (patch * merge) == 0 &&
                  cut.width % (patch * merge) == 0,
              "patchify: ", cut.height, "x", cut.width, " is no multiple of ", patch * merge);
  TORCH_CHECK(temporal > 0 && cut.frames % temporal == 0, "patchify: ", cut.frames,
              " frames are no multiple of ", temporal);
  TORCH_CHECK(static_cast<int64_t>(mean.size()) == cut.channels &&
                  static_cast<int64_t>(std.size()) == cut.channels,
              "patchify: ", cut.channels, " channels, ", mean.size(), " means, ", std.size(),
              " stds");
  const int64_t count = images.size(0);
  at::Tensor out =
      at::empty({count * cut.tokens(), cut.values()}, at::TensorOptions().dtype(at::kFloat));
  const std::vector<float> table = value_table(mean, std);
  const auto* bytes = images.const_data_ptr<uint8_t>();
  const auto strides = images.strides();  // a picture shown as two frames has a frame stride of 0
  float* const values = out.mutable_data_ptr<float>();
  at::parallel_for(0, count * cut.tokens(), /*grain_size=*/64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const Place place = place_of(n % cut.tokens(), cut);
      const uint8_t* first = bytes + n / cut.tokens() * strides[0] +
                             place.group * temporal * strides[1] + place.row * patch * strides[2] +
                             place.column * patch * strides[3];
      float* row = values + n * cut.values();
      for (int64_t c = 0; c < cut.channels; ++c) {
        const float* value_of = table.data() + c * 256;
        for (int64_t t = 0; t < temporal; ++t) {
          for (int64_t y = 0; y < patch; ++y) {
            const uint8_t* line = first + t * strides[1] + y * strides[2] + c * strides[4];
            for (int64_t x = 0; x < patch; ++x) *row++ = value_of[line[x * strides[3]]];
          }
        }
      }
    }
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def(
      "patchify(Tensor images, int patch, int temporal, int merge, float[] mean, float[] std) -> "
      "Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CPU, library) { library.impl("patchify", patchify_cpu); }

at::Tensor patchify(const at::Tensor& images, int64_t patch, int64_t temporal, int64_t merge,
                    at::ArrayRef<double> mean, at::ArrayRef<double> std) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::patchify", "")
                             .typed<decltype(patchify_cpu)>();
  return op.call(images, patch, temporal, merge, mean, std);
}

}  // namespace deepstack
