#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace client_tests {

namespace {

std::string env_or(const char* name, const std::string& other) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : other;
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string hitch_binary() {
  return env_or("HITCH_BINARY", HITCH_TEST_BINARY);
}

std::string form_text(const std::map<std::string, std::string>& form) {
  std::string text;
  for (const auto& [name, value] : form) {
    if (!text.empty()) text += '&';
    text += name + "=";
    for (const char c : value) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        text += c;
      } else {
        std::array<char, 4> code{};
        (void)std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned char>(c));
        text += code.data();
      }
    }
  }
  return text;
}

/// Once for the whole program: directories of its own, and the hitch that is to be tested.
class Surroundings : public ::testing::Environment {
 public:
  void SetUp() override {
    for (const char* name : {"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) {
      const auto directory = scratch_.path() / name;
      std::filesystem::create_directory(directory);
      std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
      ::setenv(name, directory.c_str(), 1);
    }
    for (const char* name : {"HITCH_FILE", "HITCH_PROJECT", "HITCH_PROFILE", "HITCH_FORMAT"}) {
      ::unsetenv(name);
    }
    ::setenv("HITCH_BINARY", hitch_binary().c_str(), 1);
  }

 private:
  ScratchDirectory scratch_;
};

const auto* const kSurroundings = ::testing::AddGlobalTestEnvironment(new Surroundings);

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "hitch-client-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string why_not_here() {
  static const std::string reason = [] {
    const auto tried = run_program(
        {"sh", "-c",
         "cd / && echo '{\"name\": \"probe\", \"filesystem\": \"host\", \"services\": {}}' | " +
             quoted(hitch_binary()) + " -f - run -q -- true"});
    const bool has_to = !env_or("HITCH_REQUIRE_NAMESPACES", "").empty();
    return tried.exit_code == 0 || has_to ? "" : tried.output;
  }();
  return reason;
}

void ClientTest::SetUp() {
  if (!why_not_here().empty()) GTEST_SKIP() << why_not_here();
}

hitch::client::ServiceOptions talker(const std::string& then,
                                     hitch::client::ServiceOptions options) {
  options.command = {"/bin/sh", "-c", "echo READY; " + then + "\nexec sleep 1000"};
  if (!options.log_line_ready_checker) {
    options.log_line_ready_checker = [](std::string_view line) { return line == "READY"; };
  }
  return options;
}

void wait_until(const std::function<bool()>& condition, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
    std::this_thread::sleep_for(10ms);
  }
}

bool is_alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::ostringstream read;
  read << stat.rdbuf();  // and no exception if it goes meanwhile
  const auto text = read.str();
  const auto end = text.rfind(") ");
  return end != std::string::npos && text[end + 2] != 'Z' && text[end + 2] != 'X';
}

std::size_t bundles_left() {
  const auto listed = run_program({hitch_binary(), "--format", "json", "ls"});
  EXPECT_EQ(listed.exit_code, 0) << listed.output;
  return static_cast<std::size_t>(std::count(listed.output.begin(), listed.output.end(), '\n'));
}

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(env_or("HITCH_FIXTURES", HITCH_TEST_FIXTURES)) / name;
}

Finished run_program(const std::vector<std::string>& argv) {
  std::string command;
  for (const auto& word : argv) command += quoted(word) + " ";
  Finished finished;
  FILE* pipe = ::popen((command + "2>&1").c_str(), "re");
  if (pipe == nullptr) return {127, "popen failed"};
  std::array<char, 4096> buffer{};
  while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    finished.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

std::string fetch(const hitch::client::Address& server, const std::string& path,
                  const std::map<std::string, std::string>& form) {
  const int sock = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  (void)::inet_pton(AF_INET, server.host.c_str(), &address.sin_addr);
  std::string answer;
  if (::connect(sock, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const auto body = form_text(form);
    std::string request = (form.empty() ? "GET " : "POST ") + path +
                          " HTTP/1.0\r\nHost: " + server.host + ":" + std::to_string(server.port) +
                          "\r\n";
    if (!form.empty()) {
      request += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n";
    }
    request += "\r\n" + body;
    (void)!::write(sock, request.data(), request.size());
    std::array<char, 4096> buffer{};
    while (true) {
      const auto n = ::read(sock, buffer.data(), buffer.size());
      if (n <= 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  (void)::close(sock);
  const auto body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

}  // namespace client_tests
