#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "fake_target.h"
#include "runtime/ready/notify.h"
#include "runtime/ready/notify_socket.h"

namespace hitch {
namespace {

using namespace std::string_literals;
using testing::ReadyTest;
using testing::say_and_stay;
using testing::TestChild;

class ExecReadyTest : public ReadyTest {};

TEST_F(ExecReadyTest, ACommandThatSucceedsIsReady) {
  start({ExecReady{{"true"}}});
  expect_ready();
  EXPECT_EQ(target.runs, 1);
}

TEST_F(ExecReadyTest, ItIsRepeatedUntilItSucceedsOneAfterTheOther) {
  const auto file = target.directory.path() / "up";
  start({ExecReady{{"test", "-e", file.string()}}});
  expect_waiting_after([this] { return target.runs >= 4; });
  std::ofstream(file).put('x');
  expect_ready();
  EXPECT_EQ(target.most_at_once, 1);
}

TEST_F(ExecReadyTest, ADeathBySignalIsNoSuccess) {
  start({ExecReady{{"sh", "-c", "kill -9 $$"}}});
  expect_waiting_after([this] { return target.runs >= 3; });
}

TEST_F(ExecReadyTest, AProgramThatDoesNotExistEndsTheWait) {
  start({ExecReady{{"/no/such/program"}}});
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().message(),
            "run readiness command: execute '/no/such/program': No such file or directory");
}

TEST_F(ExecReadyTest, AnotherFailureToRunItIsTriedAgain) {
  target.run_error = Error::from_errno(EAGAIN, "execute", "true");
  start({ExecReady{{"true"}}});
  settle();
  EXPECT_FALSE(outcome);
  target.run_error.reset();
  expect_ready();
}

TEST_F(ExecReadyTest, ItStopsWhileTheCommandRuns) {
  start({ExecReady{{"sleep", "1000"}}});
  expect_waiting_after([this] { return target.under_way == 1; });
  stop();
  EXPECT_EQ(target.under_way, 0);
}

class FileReadyTest : public ReadyTest {
 protected:
  void expect_not_ready() {
    const int before = target.looks;
    expect_waiting_after([&] { return target.looks >= before + 5; });
  }
};

TEST_F(FileReadyTest, APathThatExistsIsReady) {
  start({FileReady{target.directory.path()}});
  expect_ready();
}

TEST_F(FileReadyTest, ALinkHasToLeadSomewhere) {
  const auto link = target.directory.path() / "link", file = target.directory.path() / "file";
  std::filesystem::create_symlink(file, link);
  start({FileReady{link}});
  expect_not_ready();
  std::ofstream(file).put('x');
  expect_ready();
}

TEST_F(FileReadyTest, ItIsLookedForBelowTheRootOfTheService) {
  const auto root = target.directory.path() / "root";
  std::filesystem::create_directory(root);
  std::filesystem::create_symlink("/../there", root / "link");
  const auto enter_root = [&](int report) {
    say_and_stay(report, ::chroot(root.c_str()) == 0 ? 1 : 0);
  };
  const TestChild child(enter_root, CLONE_NEWUSER);
  if (child.word() != 1) GTEST_SKIP() << "no user namespaces here";
  target.main = target.init = child.pid();
  std::ofstream(target.directory.path() / "there").put('x');  // where ".." would lead to
  start({FileReady{"/link"}});
  expect_not_ready();
  std::ofstream(root / "there").put('x');
  expect_ready();
}

TEST_F(FileReadyTest, InitSeesWhatAnEndedServiceCannot) {
  target.main = 0;
  start({FileReady{target.directory.path()}});
  expect_ready();
}

TEST_F(FileReadyTest, ItStopsWhileItWaits) {
  start({FileReady{"/no/such/file"}});
  expect_not_ready();
  stop();
}

TEST(SaysReadyTest, OnlyALineOfItsOwnSaysIt) {
  for (const auto& text : {"READY=1"s, "READY=1\n"s, "STATUS=up\nREADY=1"s, "READY=1\nMAINPID=7\n"s,
                           "\n\nREADY=1\0"s}) {
    EXPECT_TRUE(says_ready(text)) << text;
  }
  for (const auto& text :
       {""s, "\n"s, "READY=0"s, "READY=11"s, "READY=1 "s, "XREADY=1"s, "ready=1"s,
        "READY=1\0READY=1"s, "STATUS=READY=1"s, "\xff\xfe"s, "RELOADING=1"s}) {
    EXPECT_FALSE(says_ready(text)) << text;
  }
}

class NotifyReadyTest : public ReadyTest {
 protected:
  void SetUp() override {
    ReadyTest::SetUp();
    path = target.directory.path() / "notify";
    auto made = make_notify_socket(::getpid(), path);
    ASSERT_TRUE(made) << made.error().message();
    target.notify = *std::move(made);
  }
  /// As a service does it.
  static ssize_t say(const std::string& where, std::string_view what) {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    where.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::sendto(socket.get(), what.data(), what.size(), MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  void say(std::string_view what) {
    ASSERT_EQ(say(path, what), static_cast<ssize_t>(what.size())) << std::strerror(errno);
  }

  std::string path;
};

TEST_F(NotifyReadyTest, ItIsReadyWhenItSaysSo) {
  start({NotifyReady{}});
  settle();
  say("STATUS=nearly");
  settle();
  EXPECT_FALSE(outcome);
  say("READY=1\nSTATUS=up");
  expect_ready();
}

TEST_F(NotifyReadyTest, WhatItSaidBeforeTheWaitCounts) {
  say("READY=1");
  start({NotifyReady{}});
  expect_ready();
}

TEST_F(NotifyReadyTest, GarbageIsIgnored) {
  start({NotifyReady{}});
  for (const auto& text : {""s, "\0\0\0"s, "READY"s, "READY=1"s + std::string(5000, '\n'),
                           "\xff\xff\xff"s, "READY=1\0x"s}) {
    say(text);
    settle();
  }
  EXPECT_FALSE(outcome);
  say("READY=1");
  expect_ready();
}

TEST_F(NotifyReadyTest, TheSocketIsReadOnWhileOtherThingsAreWaitedFor) {
  start({ReadyGroup{ReadyGroup::Mode::kAll,
                    {{NotifyReady{}},
                     {LogReady{LogReady::Match::kText, "ready", Stream::kAny, 1}},
                     {ReadyGroup{ReadyGroup::Mode::kAll, {{NotifyReady{}}}}}}}});
  say("READY=1");
  for (int i = 0; i < 1000; ++i) {  // more than the socket holds
    say("WATCHDOG=1");
    settle();
  }
  EXPECT_FALSE(outcome);
  print("ready");
  expect_ready();
}

TEST_F(NotifyReadyTest, WithoutASocketThereIsNothingToWaitFor) {
  target.notify.reset();
  start({NotifyReady{}});
  ASSERT_TRUE(run_until([this] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().message(), "there is no notify socket for 'db'");
}

TEST_F(NotifyReadyTest, ItStopsWhileItWaits) {
  start({NotifyReady{}});
  settle();
  stop();
}

TEST_F(NotifyReadyTest, TheSocketIsForEverybodyAndReplacesAnOldOne) {
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFSOCK | 0666));
  const auto again = make_notify_socket(::getpid(), path);
  ASSERT_TRUE(again) << again.error().message();
  say("READY=1");
  char byte = 0;
  EXPECT_EQ(::recv(again->get(), &byte, 1, MSG_DONTWAIT), 1);
}

TEST_F(NotifyReadyTest, APathMayBeLongerThanAnAddress) {
  const auto deep = target.directory.path() / std::string(100, 'd');
  std::filesystem::create_directory(deep);
  std::filesystem::create_symlink(deep, target.directory.path() / "short");
  const auto made = make_notify_socket(::getpid(), deep / "notify");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(say(target.directory.path() / "short/notify", "x"), 1);
}

TEST_F(NotifyReadyTest, WhatKeepsTheSocketFromBeingMadeIsNamed) {
  EXPECT_EQ(make_notify_socket(::getpid(), "/no/such/notify").error().message(),
            "make notify socket '/no/such/notify': open '/no/such/': No such file or directory");
  EXPECT_EQ(make_notify_socket(::getpid(), "/tmp/").error().message(),
            "make notify socket '/tmp/': use path: Invalid argument");
  const std::string name(100, 'n');
  EXPECT_EQ(make_notify_socket(::getpid(), "/tmp/" + name).error().message(),
            "make notify socket '/tmp/" + name + "': use '" + name + "': File name too long");
  std::filesystem::create_directory(target.directory.path() / "taken");
  const auto taken = (target.directory.path() / "taken").string();
  EXPECT_EQ(make_notify_socket(::getpid(), taken).error().message(),
            "make notify socket '" + taken + "': remove the old one: Is a directory");
}

}  // namespace
}  // namespace hitch
