#include "core/model/precision.h"

#include <ATen/cpu/Utils.h>

namespace deepstack {
namespace {

// Products of bfloat16 in hardware.
bool multiplies_bf16(at::Device device) {
  if (!device.is_cpu()) return true;
  static const auto kCapabilities = at::cpu::get_cpu_capabilities();
  for (const char* name : {"avx512_bf16", "amx_bf16", "arm_bf16"}) {
    const auto found = kCapabilities.find(name);
    if (found != kCapabilities.end() && found->second.isBool() && found->second.toBool())
      return true;
  }
  return false;
}

}  // namespace

at::ScalarType choose_precision(Precision precision, at::Device device) {
  switch (precision) {
    case Precision::kFp32:
      return at::kFloat;
    case Precision::kBf16:
      return at::kBFloat16;
    case Precision::kFp16:
      return at::kHalf;
    case Precision::kAuto:
      break;
  }
  return multiplies_bf16(device) ? at::kBFloat16 : at::kFloat;
}

const char* precision_name(at::ScalarType type) {
  return type == at::kBFloat16 ? "bf16" : type == at::kHalf ? "fp16" : "fp32";
}

}  // namespace deepstack
