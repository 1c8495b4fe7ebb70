// Device: turns the property device into a place for tensors. CUDA comes in only here, by loading
// libtorch_cuda and our kernels when asked: a machine without GPU never pays for them.
#pragma once

#include <string>

#include <ATen/ATen.h>

#include "core/status.h"

namespace deepstack {

// auto (CUDA when there is one, else the CPU) | cpu | cuda | cuda:N. kUnavailable: there is no such
// device, with the reason. Any thread.
Result<at::Device> open_device(const std::string& name);

}  // namespace deepstack
