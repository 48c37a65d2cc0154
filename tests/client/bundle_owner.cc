// bundle_owner HOW: starts a bundle, prints the pids of its services, and ends in the way that is
// said.

#include <hitch/hitch.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <thread>

namespace {

using namespace std::chrono_literals;  // NOLINT
using hitch::client::ServiceBundle;
using hitch::client::ServiceOptions;

void end(const std::string& how, ServiceBundle& bundle) {
  if (how == "sigkill") (void)::kill(::getpid(), SIGKILL);
  if (how == "sigterm") (void)::kill(::getpid(), SIGTERM);
  if (how == "segfault") (void)::raise(SIGSEGV);
  if (how == "abort") std::abort();
  if (how == "_exit") ::_exit(3);
  if (how == "exit") std::exit(4);
  if (how == "throw") throw std::runtime_error("the test is wrong");
  if (how == "exec") (void)::execl("/bin/true", "true", nullptr);
  if (how == "thread") std::jthread([] { ::_exit(1); }).join();
  if (how == "fork") {  // and the child lives on, with a copy of everything
    if (::fork() == 0) {
      (void)::setsid();
      (void)::close(STDOUT_FILENO);
      (void)::close(STDERR_FILENO);
      (void)::sleep(20);
      ::_exit(0);
    }
    (void)::kill(::getpid(), SIGKILL);
  }
  if (how == "return") return;
  if (how == "shutdown") bundle.shutdown();
}

}  // namespace

int main(int, char** argv) {
  ServiceBundle bundle({.project_directory = std::filesystem::current_path(),
                        .startup_timeout = 60s,
                        .quiet = true});
  bundle.add("One",
             {.command = {"/bin/sh", "-c", "setsid sleep 12345 & echo READY; exec sleep 1000"},
              .ready = {{"log", "READY"}}});
  bundle.add("Two", {.command = {"sleep", "1000"}, .needs = {"One"}});
  bundle.startup();
  std::cout << bundle["One"].pid() << ' ' << bundle["Two"].pid() << ' ' << bundle.supervisor_pid()
            << std::endl;
  end(argv[1], bundle);
  return 0;
}
