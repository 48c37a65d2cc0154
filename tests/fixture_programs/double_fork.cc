// Becomes a daemon the old way: two forks and a session of its own. The grandchild ignores SIGTERM
// and SIGHUP and stays; the parent prints its pid and stays too, or exits with --exit.
#include <sys/wait.h>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) std::_Exit(0);
    (void)std::signal(SIGTERM, SIG_IGN);
    (void)std::signal(SIGHUP, SIG_IGN);
    const pid_t self = ::getpid();
    fixture::write_all(pipe_ends[1], reinterpret_cast<const char*>(&self), sizeof self);
    fixture::stay();
  }
  pid_t daemon = 0;
  if (::read(pipe_ends[0], &daemon, sizeof daemon) != sizeof daemon) return 1;
  ::waitpid(child, nullptr, 0);
  std::printf("daemon %d\n", daemon);
  std::fflush(stdout);
  if (arguments.has("--exit")) return 0;
  fixture::stay();
}
