#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "injector/rule.h"

namespace injector {

/// Runs hitch under ptrace(2) and meddles with single system calls of it, of hitch-init, and of
/// what either has cloned and not yet executed. What a bundle runs is let go of when it is
/// executed: services are as they always are. Nothing of this is in the product.
class Tracer {
 public:
  /// @param report  gets a line for every fault that was injected, and, with `record`, for every
  ///                call: "injected init 4711 prctl 1"
  Tracer(std::vector<Rule> rules, std::FILE* report, bool record)
      : rules_(std::move(rules)), report_(report), record_(record) {}

  /// Starts the program and follows it until it and all that is traced have ended.
  /// @return its wait status, or -1 if it could not be started
  int run(char* const* argv);
  /// 0 before it has been started.
  pid_t main_process() const noexcept { return main_; }

 private:
  struct Traced {
    Role role = Role::kUnknown;
    pid_t group = 0;
    bool stopped = false;  ///< at birth, until its role is known
    bool inside = false;   ///< a system call is under way
    bool replaced = false;
    long result = 0;  ///< of a replaced call
  };

  bool start(char* const* argv);
  void take_stop(pid_t pid, int status);
  void take_event(pid_t pid, int event, int signal);
  void take_birth(pid_t parent);
  void take_exec(pid_t pid);
  void take_call(pid_t pid);
  void enter(pid_t pid, Traced& traced);
  void leave(pid_t pid, Traced& traced);
  void carry_out(const Rule& rule, const Call& call, Traced& traced);
  static void change(const Rule& rule, const Call& call);
  void kill(const Rule& rule, const Call& call);
  static void go_on(pid_t pid, int signal = 0);
  static void let_go(pid_t pid, int signal = 0);

  std::vector<Rule> rules_;
  std::FILE* report_;
  bool record_;
  std::map<pid_t, Traced> traced_;
  pid_t main_ = 0;
  std::map<std::string, unsigned long> counts_;
};

}  // namespace injector
