#include "runtime/logs/jq_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "runtime/base/installed.h"

namespace hitch {
namespace {

using ::testing::HasSubstr;

/// Far above what anything here takes: this machine may be busy.
constexpr Milliseconds kPatience{60'000};

JqProcess started() {
  auto process = JqProcess::start(installed_program("hitch-jq"));
  if (!process) ADD_FAILURE() << process.error().message();
  return *std::move(process);
}

Result<Frame> ask(JqProcess& process, FrameKind kind, std::string_view payload) {
  return process.ask(kind, payload, Deadline::in(kPatience));
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// The only child of this thread; 0: there is none. proc_tid_children(5)
pid_t child() {
  return std::atoi(content_of("/proc/thread-self/children").c_str());
}

/// From /proc/PID/status, a bit for each. proc_pid_status(5)
std::uint64_t ignored_signals(const std::string& status) {
  constexpr std::string_view kLabel = "SigIgn:\t";
  const auto at = status.find(kLabel);
  return at == status.npos ? ~0UL : std::stoull(status.substr(at + kLabel.size(), 16), nullptr, 16);
}

/// A program that is none, in the place of hitch-jq.
class Impostor {
 public:
  explicit Impostor(const std::string& script) {
    std::string name = ::testing::TempDir() + "hitch-jq-XXXXXX";
    const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
    path_ = name;
    std::ofstream(path_) << "#!/bin/sh\n" << script << '\n';
    (void)::chmod(path_.c_str(), 0700);
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What becomes of the first question to a program that runs `script`.
Error failure_of(const std::string& script) {
  const Impostor impostor(script);
  auto process = JqProcess::start(impostor.path());
  if (!process) return std::move(process).error();
  auto answer = ask(*process, FrameKind::kFilter, ".");
  return answer ? Error::because("it answered") : std::move(answer).error();
}

TEST(JqProcessTest, ItIsReapedWithItsObject) {
  {
    auto process = started();
    ASSERT_TRUE(ask(process, FrameKind::kFilter, "."));
    EXPECT_GT(child(), 0);
  }
  EXPECT_EQ(child(), 0);
}

TEST(JqProcessTest, ItInheritsNeitherDescriptorsNorSignals) {
  const UniqueFd extra(::open("/dev/null", O_RDONLY));  // NOLINT: not close-on-exec is the point
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t term, mask;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &mask);
  auto process = started();
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::signal(SIGPIPE, before);
  ASSERT_TRUE(ask(process, FrameKind::kFilter, "."));
  const std::string entry = "/proc/" + std::to_string(child());
  const auto status = content_of(entry + "/status");
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_EQ(ignored_signals(status) & (1U << (SIGPIPE - 1)), 0U);
  int count = 0;
  for (const auto& fd : std::filesystem::directory_iterator(entry + "/fd")) {
    EXPECT_LE(std::stoi(fd.path().filename().string()), 2);
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST(JqProcessTest, OneThatIsKilledIsAnErrorThatSaysSo) {
  auto process = started();
  ASSERT_TRUE(ask(process, FrameKind::kFilter, "."));
  ASSERT_EQ(::kill(child(), SIGKILL), 0);
  const auto answer = ask(process, FrameKind::kTestLine, "1");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "hitch-jq was killed by SIGKILL");
  EXPECT_EQ(answer.error().kind(), Kind::kEnvironment);
  EXPECT_EQ(child(), 0);
  EXPECT_EQ(ask(process, FrameKind::kTestLine, "1").error().message(), "hitch-jq has ended");
}

TEST(JqProcessTest, ItDiesWithTheThreadThatStartedIt) {
  std::optional<JqProcess> process;
  std::thread([&] {
    process = started();
    ASSERT_TRUE(ask(*process, FrameKind::kFilter, "[repeat(.)]"));
  }).join();
  const auto answer = ask(*process, FrameKind::kTestLine, "1");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "hitch-jq was killed by SIGKILL");
}

TEST(JqProcessTest, OneThatIsLateIsKilled) {
  auto process = started();
  ASSERT_TRUE(ask(process, FrameKind::kFilter, "[repeat(.)]"));
  const auto answer = process.ask(FrameKind::kTestLine, "1", Deadline::in(Milliseconds(50)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), Kind::kTimeout);
  EXPECT_EQ(child(), 0);
}

TEST(JqProcessTest, OneThatDoesNotReadIsLateToo) {
  const Impostor impostor("exec sleep 1000");
  auto process = JqProcess::start(impostor.path());
  ASSERT_TRUE(process) << process.error().message();
  const std::string filter(std::size_t{8} << 20, ' ');  // more than a socket takes
  const auto answer = process->ask(FrameKind::kFilter, filter, Deadline::in(Milliseconds(50)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), Kind::kTimeout);
}

TEST(JqProcessTest, AMissingProgramIsNamed) {
  const auto process = JqProcess::start("/nowhere/hitch-jq");
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message(), "start '/nowhere/hitch-jq': No such file or directory");
  EXPECT_EQ(process.error().hint(), "it is a part of hitch: install all of it");
  EXPECT_EQ(process.error().kind(), Kind::kEnvironment);
}

TEST(JqProcessTest, AMissingLibraryNamesThePackage) {
  const auto failure = failure_of("exit 127");  // as ld.so(8) has it
  EXPECT_EQ(failure.message(), "load hitch-jq: a library is missing");
  EXPECT_EQ(failure.hint(),
            "install the package libjq1 (Debian, Ubuntu) or the library of jq 1.6 or later");
  EXPECT_EQ(failure.kind(), Kind::kEnvironment);
}

TEST(JqProcessTest, AProgramOfAnotherSortIsAnError) {
  EXPECT_EQ(failure_of("exit 3").message(), "hitch-jq exited with code 3");
  EXPECT_EQ(failure_of("echo 'who is there, and what for?' >&0; exec sleep 1000").message(),
            "talk to 'hitch-jq': Protocol error");
}

TEST(JqProcessTest, WithoutASocketItSaysWhoStartsIt) {
  const std::string command = installed_program("hitch-jq").native() + " </dev/null 2>&1";
  FILE* output = ::popen(command.c_str(), "re");
  ASSERT_NE(output, nullptr);
  std::array<char, 200> text{};
  const auto n = std::fread(text.data(), 1, text.size(), output);
  EXPECT_EQ(std::string_view(text.data(), n),
            "hitch-jq: is for hitch to start, with a socket as input\n");
  EXPECT_EQ(::pclose(output), 2 << 8);
}

}  // namespace
}  // namespace hitch
