// Precision: the number type that a tower computes in.
#pragma once

#include <ATen/ATen.h>

#include "core/settings.h"

namespace deepstack {

// auto: bfloat16 where the device multiplies it in hardware (CUDA from compute capability 8.0; CPUs
// with AVX512-BF16 or AMX), else float. Elsewhere bfloat16 is emulated, several times slower.
at::ScalarType choose_precision(Precision precision, at::Device device);

// fp32, bf16 or fp16.
const char* precision_name(at::ScalarType type);

}  // namespace deepstack
