// What psutil has no part in: who a Process is, oneshot(), snapshots, JSON.
#include "introspect/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "introspect/field_json.h"
#include "introspect/snapshot.h"

namespace hitch::introspect {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A child that stays until the end of the test.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ != 0) return;
    for (;;) (void)::pause();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

template <typename T>
ProcessErrorKind kind_of(const Answer<T>& answer) {
  return answer ? ProcessErrorKind::kOther : answer.error().kind();
}

TEST(ProcessTest, OneThatHasGoneIsNoSuchProcessForEverything) {
  Child child;
  const auto process = Process::open(child.pid());
  ASSERT_TRUE(process) << process.error().message();
  EXPECT_TRUE(process->is_running());
  child.end();
  EXPECT_FALSE(process->is_running());
  EXPECT_EQ(kind_of(process->name()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->cwd()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->open_files()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->kill()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->set_nice(1)), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->children()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(process->as_dict()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(Process::open(process->pid())), ProcessErrorKind::kNoSuchProcess);
  const auto ended = process->wait(std::chrono::seconds(1));
  ASSERT_TRUE(ended);
  EXPECT_FALSE(*ended);  // somebody else has reaped it
}

TEST(ProcessTest, OneThatWasStartedAtAnotherTimeIsAnotherOne) {
  const Child child;
  const auto real = Process::open(child.pid());
  ASSERT_TRUE(real);
  const Process other(child.pid(), real->start_ticks() - 1);
  EXPECT_FALSE(other == *real);
  EXPECT_FALSE(other.is_running());
  EXPECT_EQ(kind_of(other.memory_info()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(other.kill()), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(other.set_nice(5)), ProcessErrorKind::kNoSuchProcess);
  EXPECT_TRUE(real->is_running());
  EXPECT_EQ(*real->status() == "zombie", false);
  const Process same(child.pid(), real->start_ticks());
  EXPECT_TRUE(same == *real);
  EXPECT_TRUE(same.is_running());
}

/// Gets a child with a pid that was used before; only root may say which one comes next.
pid_t fork_with_pid(pid_t wanted) {
  for (int tries = 0; tries < 1000; ++tries) {
    std::ofstream("/proc/sys/kernel/ns_last_pid") << wanted - 1 << std::flush;
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) (void)::pause();
    }
    if (pid == wanted) return pid;
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
  }
  return -1;
}

TEST(ProcessTest, AReusedPidIsNotMistakenForTheProcess) {
  Child first;
  const pid_t pid = first.pid();
  // Anybody may open it; who may write it is asked when it is written.
  std::ofstream chosen("/proc/sys/kernel/ns_last_pid");
  if (!(chosen << pid << std::flush)) GTEST_SKIP() << "only root may choose pids";
  const auto process = Process::open(pid);
  ASSERT_TRUE(process);
  ASSERT_TRUE(process->send_signal(0));  // holds a pidfd from here on
  const auto untouched = Process::open(pid);
  ASSERT_TRUE(untouched);
  first.end();
  const pid_t second = fork_with_pid(pid);
  ASSERT_EQ(second, pid) << "the pid was taken by somebody else each time";
  for (const auto* old : {&*process, &*untouched}) {
    EXPECT_FALSE(old->is_running());
    EXPECT_EQ(kind_of(old->name()), ProcessErrorKind::kNoSuchProcess);
    EXPECT_EQ(kind_of(old->kill()), ProcessErrorKind::kNoSuchProcess);
    EXPECT_EQ(kind_of(old->cpu_affinity()), ProcessErrorKind::kNoSuchProcess);
    EXPECT_EQ(kind_of(old->rlimit(0)), ProcessErrorKind::kNoSuchProcess);
  }
  EXPECT_EQ(::waitpid(second, nullptr, WNOHANG), 0) << "the second one was signalled";
  ASSERT_EQ(::kill(second, SIGKILL), 0);
  ASSERT_EQ(::waitpid(second, nullptr, 0), second);
}

TEST(ProcessTest, OneshotReadsOnceAndIsForgotten) {
  const Child child;
  const auto process = Process::open(child.pid());
  ASSERT_TRUE(process);
  {
    const auto batch = process->oneshot();
    ASSERT_TRUE(process->status());
    ASSERT_TRUE(process->suspend());
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    {
      const auto nested = process->oneshot();
      EXPECT_NE(*process->status(), "stopped");
    }
    EXPECT_NE(*process->status(), "stopped");
  }
  EXPECT_EQ(*process->status(), "stopped");
}

TEST(ProcessTest, WaitTellsTheExitCodeOfAChild) {
  const auto wait_for = [](auto how) {
    const pid_t pid = ::fork();
    if (pid == 0) how();
    const auto process = Process::open(pid);
    EXPECT_TRUE(process);
    const auto code = process->wait(std::chrono::seconds(60));
    EXPECT_TRUE(code) << code.error().message();
    const auto again = process->wait(std::chrono::seconds(60));
    EXPECT_TRUE(again);
    EXPECT_EQ(*code, *again);
    return *code;
  };
  EXPECT_EQ(wait_for([] { ::_exit(7); }), 7);
  EXPECT_EQ(wait_for([] { (void)::raise(SIGKILL); }), -SIGKILL);
}

TEST(ProcessTest, WaitGivesUpInTime) {
  const Child child;
  const auto process = Process::open(child.pid());
  ASSERT_TRUE(process);
  for (const double timeout : {0.0, 0.01}) {
    const auto code = process->wait(std::chrono::duration<double>(timeout));
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().kind(), ProcessErrorKind::kTimeoutExpired);
    EXPECT_EQ(code.error().message(), "process " + std::to_string(child.pid()) +
                                          ": wait for its end: it has not ended in time");
    EXPECT_EQ(code.error().error().kind(), Kind::kTimeout);
  }
}

TEST(ProcessTest, WhatThereIsNotIsRefused) {
  const auto self = Process::current();
  ASSERT_TRUE(self);
  EXPECT_EQ(kind_of(self->memory_percent("rsss")), ProcessErrorKind::kInvalidArgument);
  EXPECT_EQ(kind_of(self->set_ionice(7)), ProcessErrorKind::kInvalidArgument);
  EXPECT_EQ(kind_of(self->set_cpu_affinity(std::array{-1})), ProcessErrorKind::kInvalidArgument);
  EXPECT_EQ(kind_of(self->send_signal(-1)), ProcessErrorKind::kInvalidArgument);
  EXPECT_EQ(kind_of(Process::open(0)), ProcessErrorKind::kNoSuchProcess);
  EXPECT_EQ(kind_of(Process::open(-1)), ProcessErrorKind::kNoSuchProcess);
}

TEST(ProcessTest, CpuPercentIsMeasuredBetweenCalls) {
  const auto self = Process::current();
  ASSERT_TRUE(self);
  EXPECT_EQ(*self->cpu_percent(), 0);
  const auto before = self->cpu_times();
  while (self->cpu_times()->user + self->cpu_times()->system <
         before->user + before->system + 0.05) {
  }
  EXPECT_GT(*self->cpu_percent(), 0);
  const auto batch = self->oneshot();
  EXPECT_GE(*self->cpu_percent(std::chrono::milliseconds(1)), 0);
}

TEST(ProcessTest, NothingIsLeftOpen) {
  const auto open_descriptors = [] { return *Process::current()->num_fds(); };
  const int before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    const auto self = Process::current();
    ASSERT_TRUE(self);
    ASSERT_TRUE(self->as_dict());
    ASSERT_TRUE(self->children(Process::Depth::kDescendants));
    ASSERT_TRUE(self->send_signal(0));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(SnapshotTest, BelowAProcessAreItAndItsDescendants) {
  const Child child, sibling;
  const auto snapshot = Snapshot::below(::getpid());
  ASSERT_TRUE(snapshot) << snapshot.error().message();
  EXPECT_THAT(snapshot->processes(), SizeIs(3));
  const auto* found = snapshot->find(child.pid());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->parent, ::getpid());
  EXPECT_EQ(found->inner_pid, child.pid());
  EXPECT_GT(found->rss_bytes, 0u);
  EXPECT_EQ(found->threads, 1);
  EXPECT_EQ(snapshot->find(1), nullptr);
  EXPECT_THAT(snapshot->tree().descendants_of(::getpid()), SizeIs(2));
  const auto all = Snapshot::of_all();
  ASSERT_TRUE(all);
  EXPECT_NE(all->find(child.pid()), nullptr);
  EXPECT_GE(all->processes().size(), 3u);
}

TEST(SnapshotTest, PercentOfOneThatIsNewCountAllItsTime) {
  SnapshotProcess before, after;
  before.start_time = after.start_time = 7;
  before.cpu_seconds = 1;
  after.cpu_seconds = 1.5;
  const std::chrono::seconds span(2);
  EXPECT_DOUBLE_EQ(cpu_percent_between(&before, after, span), 25);
  EXPECT_DOUBLE_EQ(cpu_percent_between(nullptr, after, span), 75);
  after.start_time = 8;  // another one
  EXPECT_DOUBLE_EQ(cpu_percent_between(&before, after, span), 75);
  EXPECT_DOUBLE_EQ(cpu_percent_between(&after, before, std::chrono::seconds(0)), 0);
}

std::string json_of(const FieldValue& value, OtherBytes other = OtherBytes::kReplaced) {
  std::string text;
  FieldJson(text, other).write(value);
  return text;
}

TEST(FieldJsonTest, ValuesOfAllShapes) {
  EXPECT_EQ(json_of({}), "null");
  EXPECT_EQ(json_of(std::int64_t{-3}), "-3");
  EXPECT_EQ(json_of(0.5), "0.5");
  EXPECT_EQ(json_of(2.0), "2.0");
  EXPECT_EQ(json_of(std::vector<std::string>{"a", "b"}), R"(["a","b"])");
  EXPECT_EQ(json_of(std::map<std::string, std::string>{{"A", "1"}}), R"({"A":"1"})");
  EXPECT_EQ(json_of(Ids<unsigned>{1, 2, 3}), R"({"real":1,"effective":2,"saved":3})");
  EXPECT_EQ(json_of(std::vector<Thread>{{1, 0.5, 0}, {2, 0, 0}}),
            R"([{"id":1,"user_time":0.5,"system_time":0.0},)"
            R"({"id":2,"user_time":0.0,"system_time":0.0}])");
  Connection connection;
  connection.fd = 3;
  connection.family = 2;
  connection.type = 1;
  connection.laddr = Address{"127.0.0.1", 80};
  connection.status = "LISTEN";
  EXPECT_EQ(json_of(std::vector{connection}),
            R"([{"fd":3,"family":2,"type":1,"laddr":{"ip":"127.0.0.1","port":80},"raddr":null,)"
            R"("status":"LISTEN"}])");
}

TEST(FieldJsonTest, AnyBytesBecomeJson) {
  EXPECT_EQ(json_of(std::string("a\"\\\n\x01\x7f")), R"("a\"\\\u000a\u0001\u007f")");
  EXPECT_EQ(json_of(std::string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")),
            "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
  for (const auto* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    const std::string text(bad);
    std::string replaced = "\"", escaped = "\"";
    for (const char c : text) {
      replaced += "\xef\xbf\xbd";
      const auto byte = static_cast<unsigned char>(c);
      constexpr std::string_view kHex = "0123456789abcdef";
      escaped += std::string("\\udc") + kHex[byte >> 4U] + kHex[byte & 0xfU];
    }
    EXPECT_EQ(json_of(text), replaced + '"');
    EXPECT_EQ(json_of(text, OtherBytes::kSurrogates), escaped + '"');
  }
}

TEST(FieldTest, NamesAreThoseOfPsutil) {
  for (const Field field : all_fields()) EXPECT_EQ(field_named(field_name(field)), field);
  EXPECT_THAT(all_fields(), SizeIs(30));
  EXPECT_FALSE(field_named("memory_maps_"));
  EXPECT_FALSE(field_named(""));
}

}  // namespace
}  // namespace hitch::introspect
