#include "core/model/device.h"

#include <dlfcn.h>

#include <charconv>
#include <filesystem>

#include <ATen/detail/CUDAHooksInterface.h>

namespace deepstack {
namespace {

// Loads the CUDA half of the operators, which brings libtorch_cuda with it. "" or the reason why not.
std::string load_cuda_library() {
  // Without the driver's library there is no GPU; looking costs microseconds, libtorch_cuda seconds.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver == nullptr) return "there is no NVIDIA driver (libcuda.so.1)";
  dlclose(driver);

  Dl_info self{};
  dladdr(reinterpret_cast<const void*>(&load_cuda_library), &self);
  const std::filesystem::path folder = std::filesystem::path(self.dli_fname).parent_path();
  std::string reason;
  for (const auto& path : {folder / "libdeepstack_cuda.so",
                           folder.parent_path() / "cuda" / "libdeepstack_cuda.so"}) {
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return "";
    reason = dlerror();
  }
  return "the CUDA operators could not be loaded: " + reason;
}

}  // namespace

Result<at::Device> open_device(const std::string& name) {
  if (name == "cpu") return at::Device(at::kCPU);
  static const std::string missing = load_cuda_library();
  const int count = missing.empty() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (name == "auto") return count > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);

  const auto unavailable = [&](const std::string& reason) {
    return Status(StatusCode::kUnavailable, "device " + name + ": " + reason);
  };
  if (!missing.empty()) return unavailable(missing);
  int index = 0;
  if (const size_t colon = name.find(':'); colon != std::string::npos) {
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), index);
  }
  if (index >= count) {
    return unavailable("there are " + std::to_string(count) + " CUDA devices");
  }
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace deepstack
