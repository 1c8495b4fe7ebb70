// deepstack serve: pages to look at a store with, until a signal comes.
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "pipelines/command.h"
#include "pipelines/model_options.h"
#include "pipelines/serve/serve_session.h"

namespace deepstack {
namespace {

Status run(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  // Before there are threads, which take after this one: the signals are this one's to wait for.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  Result<std::unique_ptr<ServeSession>> session = ServeSession::start(options);
  if (!session.ok()) return session.status();
  std::printf("%s\n", (*session)->url().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  // A second one ends the process as signals do.
  pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
  return {};
}

}  // namespace

Command add_serve_command(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  options->version = DEEPSTACK_VERSION;
  CLI::App* command = app.add_subcommand("serve", "Pages to look at a store with, in a browser");
  command->add_option("--store", options->store, "folder, as given to index or gallery-location")
      ->required();
  command
      ->add_option("--host", options->host,
                   "address to listen on; beyond loopback only with --token-file")
      ->capture_default_str();
  command->add_option("--port", options->port, "port to listen on; 0 for any")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--token-file", options->token_file,
                      "file of mode 0600 with the token that every request must have");
  command->add_option("--events", options->events,
                      "JSON lines to follow on the live page, as watch --output writes them");
  command->add_option("--name", options->names, "host name by which a proxy calls this server")
      ->take_all();
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
