// A camera for the tests: an RTSP server on loopback with moving pictures, in a process of its own,
// so that it can be killed, stopped and brought back (RtspServer, rtsp_server.h). Says "listening
// PORT" on stdout and lives until its stdin ends.
//
//   rtsp_server PORT MOUNTS WIDTH HEIGHT FPS STAGE PAYLOADER NETWORK USER PASSWORD
//
// STAGE: elements between encoder and payloader, "" for none; PAYLOADER: properties of rtph264pay;
// NETWORK: elements behind it. With USER "" nobody is asked for a password.
#include <gst/rtsp-server/rtsp-server.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

struct Camera {
  std::string port;
  int mounts;
  std::string launch;
  std::string user;
  std::string password;
};

Camera parse(char** arguments) {
  const std::string stage = arguments[6];
  const std::string network = arguments[8];
  return {arguments[1], std::atoi(arguments[2]),
          std::string("( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=") +
              arguments[3] + ",height=" + arguments[4] + ",framerate=" + arguments[5] +
              "/1 ! openh264enc gop-size=10 ! " + (stage.empty() ? "" : stage + " ! ") +
              "rtph264pay pt=96 config-interval=-1 " + arguments[7] +
              (network.empty() ? " name=pay0 )" : " ! " + network + " name=pay0 )"),
          arguments[9], arguments[10]};
}

void ask_for_password(GstRTSPServer* server, const Camera& camera) {
  GstRTSPAuth* auth = gst_rtsp_auth_new();
  GstRTSPToken* token =
      gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", nullptr);
  gchar* basic = gst_rtsp_auth_make_basic(camera.user.c_str(), camera.password.c_str());
  gst_rtsp_auth_add_basic(auth, basic, token);
  gst_rtsp_server_set_auth(server, auth);
  g_free(basic);
  gst_rtsp_token_unref(token);
  g_object_unref(auth);
}

void add_mounts(GstRTSPServer* server, const Camera& camera) {
  GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
  for (int number = 0; number < camera.mounts; ++number) {
    GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
    gst_rtsp_media_factory_set_launch(factory, camera.launch.c_str());
    gst_rtsp_media_factory_set_shared(factory, FALSE);
    if (!camera.user.empty()) {
      gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                      G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                      G_TYPE_BOOLEAN, TRUE, nullptr);
    }
    gst_rtsp_mount_points_add_factory(mounts, ("/camera" + std::to_string(number)).c_str(),
                                      factory);
  }
  g_object_unref(mounts);
}

gboolean on_stdin(GIOChannel* /*channel*/, GIOCondition /*condition*/, gpointer loop) {
  g_main_loop_quit(static_cast<GMainLoop*>(loop));
  return FALSE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 11) return 2;
  unsetenv("GST_TRACERS");  // the camera is not under test
  gst_init(nullptr, nullptr);
  const Camera camera = parse(argv);
  GstRTSPServer* server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, camera.port.c_str());
  if (!camera.user.empty()) ask_for_password(server, camera);
  add_mounts(server, camera);
  if (gst_rtsp_server_attach(server, nullptr) == 0) return 3;
  std::printf("listening %d\n", gst_rtsp_server_get_bound_port(server));
  std::fflush(stdout);

  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  GIOChannel* input = g_io_channel_unix_new(0);
  g_io_add_watch(input, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), on_stdin, loop);
  g_main_loop_run(loop);
  return 0;
}
