// try_connect HOST PORT: prints "connected: " and the first bytes that the server says, or
// "connect: ENAME". Resolves names.
#include <arpa/inet.h>
#include <netinet/in.h>
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

int connect_to(const std::string& address, std::uint16_t port) {
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port = htons(port);
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&four), sizeof four) == 0 ? fd : -1;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1) {
    const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&six), sizeof six) == 0 ? fd : -1;
  }
  fixture::say("connect: unknown host");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const int fd = connect_to(address_of(arguments.word(1, "127.0.0.1")),
                            static_cast<std::uint16_t>(std::atoi(arguments.word(2, "80"))));
  if (fd < 0) {
    fixture::report("connect", -1);
    return 1;
  }
  char answer[256];
  const ssize_t n = ::read(fd, answer, sizeof answer);
  std::printf("connected: %.*s", n > 0 ? static_cast<int>(n) : 0, answer);
  return 0;
}
