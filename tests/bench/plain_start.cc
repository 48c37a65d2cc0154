// plain_start COUNT PROGRAM [ARG…]: starts COUNT copies of a program with stdout in a pipe, says
// READY when each has written something, ends them on SIGTERM and waits for them. What a harness
// has to do at the very least.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <vector>

#include "fixture_programs/fixture.h"

namespace {

struct Service {
  pid_t pid;
  int output;
};

Service start(char** argv) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::exit(1);
  const pid_t pid = ::fork();
  if (pid < 0) std::exit(1);
  if (pid == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    (void)::dup2(pipe[1], 1);
    ::execv(argv[0], argv);
    ::_exit(127);
  }
  (void)::close(pipe[1]);
  return {pid, pipe[0]};
}

void await_lines(const std::vector<Service>& services) {
  std::vector<pollfd> waiting;
  for (const auto& service : services) waiting.push_back({service.output, POLLIN, 0});
  for (std::size_t left = waiting.size(); left > 0;) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) std::exit(1);
    for (auto& one : waiting) {
      if (one.fd < 0 || one.revents == 0) continue;
      std::array<char, 4096> bytes;
      if (::read(one.fd, bytes.data(), bytes.size()) <= 0) std::exit(1);
      one.fd = -1;  // poll skips it from here on
      --left;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  (void)::sigprocmask(SIG_BLOCK, &stop, nullptr);
  std::vector<Service> services;
  for (long i = std::atol(argv[1]); i > 0; --i) services.push_back(start(argv + 2));
  await_lines(services);
  fixture::say("READY");
  int number = 0;
  (void)::sigwait(&stop, &number);
  for (const auto& service : services) (void)::kill(service.pid, SIGTERM);
  for (const auto& service : services) (void)::waitpid(service.pid, nullptr, 0);
  return 0;
}
