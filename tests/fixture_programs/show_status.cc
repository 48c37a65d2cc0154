// Prints what the kernel says about this process: capabilities, seccomp, ids, limits, signals.
#include <sys/resource.h>
#include <sys/utsname.h>

#include <fstream>
#include <iostream>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

void print_file(const char* name, const char* path) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) std::cout << name << ": " << line << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* wanted : {"Cap", "NoNewPrivs", "Seccomp:", "NSpid", "Uid", "Gid", "Groups",
                               "Sig", "Shd", "Umask"}) {
      if (line.rfind(wanted, 0) == 0) std::cout << line << '\n';
    }
  }
  print_file("uid_map", "/proc/self/uid_map");
  print_file("gid_map", "/proc/self/gid_map");
  print_file("setgroups", "/proc/self/setgroups");
  utsname names{};
  ::uname(&names);
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  char directory[4096] = "";
  if (::getcwd(directory, sizeof directory) == nullptr) directory[0] = '\0';
  std::cout << "hostname: " << names.nodename << "\npid: " << ::getpid()
            << "\nppid: " << ::getppid() << "\nsid: " << ::getsid(0) << "\npgid: " << ::getpgrp()
            << "\ncore: " << core.rlim_cur << "\ncwd: " << directory << std::endl;
  if (fixture::Arguments(argc, argv).has("--stay")) fixture::stay();
  return 0;
}
