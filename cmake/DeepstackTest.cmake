# deepstack_add_test(NAME thing SOURCES thing_test.cpp... LIBRARIES ... LABEL unit|plugin|... [TOGETHER])
#   one GoogleTest program of one folder, its cases registered with ctest under LABEL, each in a
#   process of its own. TOGETHER: all in one, for many short cases: loading LibTorch takes longer.
# deepstack_check_tests_registered() fails the configure when a *_test.cpp of the calling folder
#   was given to no test program: a test that nobody runs is worse than none.
find_package(GTest REQUIRED)
include(GoogleTest)
set_property(GLOBAL PROPERTY DEEPSTACK_TEST_SOURCES "")

function(deepstack_add_test)
  cmake_parse_arguments(TEST "TOGETHER" "NAME;LABEL" "SOURCES;LIBRARIES;ENVIRONMENT" ${ARGN})
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  target_link_libraries(${TEST_NAME} PRIVATE
    deepstack_options ${TEST_LIBRARIES} GTest::gtest GTest::gmock)
  # -O3 buys tests nothing but time to compile.
  target_compile_options(${TEST_NAME} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_compile_definitions(${TEST_NAME} PRIVATE
    DEEPSTACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(TEST_TOGETHER)
    add_test(NAME ${TEST_NAME} COMMAND ${TEST_NAME})
    set_tests_properties(${TEST_NAME} PROPERTIES
      LABELS ${TEST_LABEL} ENVIRONMENT "${TEST_ENVIRONMENT}")
  else()
    gtest_discover_tests(${TEST_NAME} DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS ${TEST_LABEL} ENVIRONMENT "${TEST_ENVIRONMENT}")
  endif()
  foreach(source ${TEST_SOURCES})
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    set_property(GLOBAL APPEND PROPERTY DEEPSTACK_TEST_SOURCES ${source})
  endforeach()
endfunction()

function(deepstack_check_tests_registered)
  get_property(registered GLOBAL PROPERTY DEEPSTACK_TEST_SOURCES)
  file(GLOB_RECURSE present CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  foreach(source ${present})
    if(NOT source IN_LIST registered)
      message(FATAL_ERROR "${source} is in no deepstack_add_test()")
    endif()
  endforeach()
endfunction()
