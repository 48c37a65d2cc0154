// listen_on PORT [--bind ADDRESS] [--after MS] [--child] [--say TEXT] [--http STATUS
// [--http-after MS]]: a TCP server on 127.0.0.1 or ADDRESS. It says TEXT to whoever connects, or
// answers each request with STATUS; with
// --http-after it answers 503 for that long. With --child a child process listens.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <chrono>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

using Clock = std::chrono::steady_clock;

int listen_on(const char* host, int port) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
      ::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(server, 128) != 0) {
    std::fprintf(stderr, "cannot listen on port %d: %s\n", port, std::strerror(errno));
    std::exit(1);
  }
  return server;
}

std::string http_answer(long status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Answer\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void read_request(int client) {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::read(client, buffer, sizeof buffer);
    if (n <= 0) return;
    request.append(buffer, static_cast<std::size_t>(n));
  }
}

[[noreturn]] void serve(int server, const fixture::Arguments& arguments) {
  const long status = arguments.number("--http", 0);
  const std::string text = arguments.text("--say", "hello");
  const auto healthy =
      Clock::now() + std::chrono::milliseconds(arguments.number("--http-after", 0));
  (void)std::signal(SIGPIPE, SIG_IGN);
  for (;;) {
    const int client = ::accept(server, nullptr, nullptr);
    if (client < 0) continue;
    std::string answer = text + "\n";
    if (status != 0) {
      read_request(client);
      answer = http_answer(Clock::now() < healthy ? 503 : status, answer);
    }
    (void)!::write(client, answer.data(), answer.size());
    ::close(client);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const int port = std::atoi(arguments.word(1, "0"));
  if (arguments.has("--child") && ::fork() != 0) fixture::stay();
  fixture::sleep_ms(arguments.number("--after", 0));
  const int server = listen_on(arguments.text("--bind", "127.0.0.1"), port);
  fixture::say(("listening on " + std::to_string(port)).c_str());
  serve(server, arguments);
}
