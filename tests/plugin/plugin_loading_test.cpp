// The plugin as a file: GStreamer loads it and never unloads it; others may try.
#include <dlfcn.h>
#include <gtest/gtest.h>

namespace {

TEST(F31, ThePluginMayBeOpenedAndClosedTwentyTimes) {
  for (int round = 0; round < 20; ++round) {
    void* plugin = dlopen(DEEPSTACK_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(plugin, nullptr) << dlerror();
    EXPECT_NE(dlsym(plugin, "gst_plugin_deepstack_get_desc"), nullptr);
    EXPECT_EQ(dlclose(plugin), 0);
  }
}

}  // namespace
