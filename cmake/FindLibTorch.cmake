# The C++ LibTorch of the PyPI wheel, as two imported targets:
#   LibTorch::cpu    c10 and torch_cpu; all that core needs, and all that loads on a machine without GPU
#   LibTorch::cuda   adds c10_cuda and torch_cuda (only where the CUDA toolkit is found)
# torch's own TorchConfig.cmake is not used: it refuses to configure without a CUDA toolkit when the
# wheel was built with CUDA, and it links libtorch_cuda (1.5 s to load) into everything.
file(GLOB _torch_folder ${DEEPSTACK_VENV}/lib/python3.*/site-packages/torch)
find_path(LibTorch_INCLUDE_DIR NAMES torch/library.h PATHS ${_torch_folder}/include NO_DEFAULT_PATH)
find_library(LibTorch_CPU_LIBRARY NAMES torch_cpu PATHS ${_torch_folder}/lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY NAMES c10 PATHS ${_torch_folder}/lib NO_DEFAULT_PATH)
if(LibTorch_INCLUDE_DIR)
  file(STRINGS ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h _version
    REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  list(TRANSFORM _version REPLACE ".* " "")
  list(JOIN _version "." LibTorch_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "looked below ${DEEPSTACK_VENV}, which samples/demo.sh and tests/run.sh fill")

if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  add_library(LibTorch::cpu INTERFACE IMPORTED)
  set_target_properties(LibTorch::cpu PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
      "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${LibTorch_CPU_LIBRARY};${LibTorch_C10_LIBRARY}"
    # torch_cpu finds cudart and cupti of the wheel through its own RUNPATH at run time.
    INTERFACE_LINK_OPTIONS "-Wl,--allow-shlib-undefined")
  add_library(LibTorch::cuda INTERFACE IMPORTED)
  set_target_properties(LibTorch::cuda PROPERTIES
    INTERFACE_LINK_LIBRARIES
      "LibTorch::cpu;${_torch_folder}/lib/libtorch_cuda.so;${_torch_folder}/lib/libc10_cuda.so")
endif()
