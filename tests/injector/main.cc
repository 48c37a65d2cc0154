// inject [--report FILE] [--record] [RULE]… -- PROGRAM [ARG…]: runs hitch and makes single system
// calls of it fail, do nothing, or be its last. See rule.h for rules. Ends as the program does.

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "injector/tracer.h"

namespace {

injector::Tracer* g_tracer = nullptr;

void pass_on(int signal) {
  if (g_tracer->main_process() > 0) (void)::kill(g_tracer->main_process(), signal);
}

[[noreturn]] void end_as(int status) {
  if (status == -1) ::_exit(126);
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::signal(WTERMSIG(status), SIG_DFL);
  (void)::raise(WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<injector::Rule> rules;
  std::FILE* report = nullptr;
  bool record = false;
  int at = 1;
  for (; at < argc && std::strcmp(argv[at], "--") != 0; ++at) {
    if (std::strcmp(argv[at], "--report") == 0 && at + 1 < argc) {
      report = std::fopen(argv[++at], "we");
    } else if (std::strcmp(argv[at], "--record") == 0) {
      record = true;
    } else if (auto rule = injector::Rule::parse(argv[at])) {
      rules.push_back(*std::move(rule));
    } else {
      return 126;
    }
  }
  if (at + 1 >= argc || (record && report == nullptr)) {
    std::fprintf(stderr, "inject [--report FILE] [--record] [RULE]... -- PROGRAM [ARG]...\n");
    return 126;
  }
  injector::Tracer tracer(std::move(rules), report, record);
  g_tracer = &tracer;
  // Signals are for what is traced: this ends when that has. A handler, as what is ignored would be
  // ignored by the program too.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) (void)::signal(signal, pass_on);
  (void)::signal(SIGXFSZ, [](int) {});  // a report that is cut off is no reason to end
  const int end = tracer.run(argv + at + 1);
  if (report != nullptr) (void)std::fclose(report);
  end_as(end);
}
