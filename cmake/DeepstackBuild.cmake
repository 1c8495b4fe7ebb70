# What every target of ours shares: language level, warnings, sanitizers, include root.
# Libraries of others come in as SYSTEM includes, so their headers never warn here.
add_library(deepstack_options INTERFACE)
target_compile_features(deepstack_options INTERFACE cxx_std_20)
# -Wno-restrict: GCC 12 warns falsely about std::string at -O2 and above (GCC bug 105651).
target_compile_options(deepstack_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${DEEPSTACK_WERROR}>>:-Werror>)
target_include_directories(deepstack_options INTERFACE ${PROJECT_SOURCE_DIR})
if(DEEPSTACK_SANITIZE)
  target_compile_options(deepstack_options INTERFACE
    -fsanitize=${DEEPSTACK_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(deepstack_options INTERFACE -fsanitize=${DEEPSTACK_SANITIZE})
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# With this and the sloppiness that the presets set, ccache caches what uses precompiled headers.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
