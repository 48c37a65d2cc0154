// try_connect HOST PORT: prints "connected: " and the first bytes that the server says, or
// "connect: ENAME". Resolves names.
#include <netdb.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

// A static program has no resolver worth the name: /etc/hosts is what the bundle promises.
std::string address_of(const std::string& host) {
  std::ifstream hosts("/etc/hosts");
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address, name;
    words >> address;
    while (words >> name) {
      if (name == host) return address;
    }
  }
  return host;
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string address = address_of(arguments.word(1, "127.0.0.1"));
  if (::getaddrinfo(address.c_str(), arguments.word(2, "80"), &hints, &found) != 0) {
    fixture::say("connect: unknown host");
    return 2;
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    fixture::report("connect", -1);
    return 1;
  }
  char answer[256];
  const ssize_t n = ::read(fd, answer, sizeof answer);
  std::printf("connected: %.*s", n > 0 ? static_cast<int>(n) : 0, answer);
  return 0;
}
