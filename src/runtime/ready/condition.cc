#include "runtime/ready/condition.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "runtime/ready/connect.h"
#include "runtime/ready/exec.h"
#include "runtime/ready/file.h"
#include "runtime/ready/http.h"
#include "runtime/ready/listen.h"
#include "runtime/ready/log.h"
#include "runtime/ready/notify.h"
#include "runtime/ready/side_by_side.h"
#include "runtime/ready/tcp.h"

namespace hitch {

namespace {

/// What the parts of one wait share.
struct Wait {
  Milliseconds interval;
  ReadyTarget* target;
  Notifications* notifications;
};

Task<Done> wait_for(const ReadyCondition* condition, const Wait* wait);

Task<Done> wait_for_group(const ReadyGroup* group, const Wait* wait) {
  std::vector<Task<Done>> members;
  for (const auto& member : group->members) members.push_back(wait_for(&member, wait));
  const auto until =
      group->mode == ReadyGroup::Mode::kAll ? Until::kAllSucceed : Until::kOneSucceeds;
  auto together = run_side_by_side(std::move(members), until);
  co_return co_await std::move(together);
}

/// Makes the task of a condition.
struct Start {
  const Wait* wait;

  Task<Done> operator()(const LogReady& log) const { return wait_for_log(&log, wait->target); }
  Task<Done> operator()(const ListenReady& listen) const {
    return wait_for_listen(&listen, wait->interval, wait->target);
  }
  Task<Done> operator()(const TcpReady& tcp) const {
    return wait_for_tcp(&tcp, wait->interval, wait->target);
  }
  Task<Done> operator()(const HttpReady& http) const {
    return wait_for_http(&http, wait->interval, wait->target);
  }
  Task<Done> operator()(const ExecReady& exec) const {
    return wait_for_exec(&exec, wait->interval, wait->target);
  }
  Task<Done> operator()(const FileReady& file) const {
    return wait_for_file(&file, wait->interval, wait->target);
  }
  Task<Done> operator()(const NotifyReady&) const { return wait->notifications->wait_ready(); }
  Task<Done> operator()(const ReadyGroup& group) const { return wait_for_group(&group, wait); }
};

Task<Done> wait_for(const ReadyCondition* condition, const Wait* wait) {
  return std::visit(Start{wait}, condition->test);
}

/// Says what a condition waits for.
struct Describe {
  std::string operator()(const LogReady& log) const {
    std::string text = log.times > 1 ? std::to_string(log.times) + " lines " : "a line ";
    const std::string_view verb = log.times > 1 ? "match " : "matches ";
    switch (log.match) {
      case LogReady::Match::kText:
        text += "with ";
        break;
      case LogReady::Match::kRegex:
        text += "that " + std::string(verb);
        break;
      case LogReady::Match::kJson:
        text += "of JSON that " + std::string(verb);
        break;
    }
    text += in_quotes(log.pattern) + " on its ";
    switch (log.stream) {
      case Stream::kAny:
        return text + "output";
      case Stream::kOut:
        return text + "stdout";
      case Stream::kErr:
        return text + "stderr";
    }
    return text;
  }
  std::string operator()(const ListenReady& listen) const {
    return "a process of it to listen on port " + std::to_string(listen.port);
  }
  std::string operator()(const TcpReady& tcp) const {
    return "a connection to " + host_and_port(tcp.host, tcp.port) + " to be accepted";
  }
  std::string operator()(const HttpReady& http) const {
    const std::string url = "http://" + host_and_port(http.host, http.port) + http.path;
    const std::string status =
        http.status != 0 ? std::to_string(http.status) : std::string("a status from 200 to 399");
    return in_quotes(url) + " to answer with " + status;
  }
  std::string operator()(const ExecReady& exec) const {
    std::string command;
    for (const auto& word : exec.command) command += (command.empty() ? "" : " ") + word;
    return "the command " + in_quotes(command) + " to exit with code 0";
  }
  std::string operator()(const FileReady& file) const {
    return "the file " + in_quotes(file.path) + " to exist";
  }
  std::string operator()(const NotifyReady&) const { return "it to send READY=1"; }
  std::string operator()(const ReadyGroup& group) const {
    const bool is_all = group.mode == ReadyGroup::Mode::kAll;
    std::string text;
    for (const auto& member : group.members) {
      const bool is_group = std::holds_alternative<ReadyGroup>(member.test);
      const std::string part = describe_condition(member);
      text += (text.empty() ? "" : "; ") + (is_group ? '(' + part + ')' : part);
    }
    return (is_all ? "all of: " : "any of: ") + text;
  }
};

}  // namespace

Status check_condition(const ReadyCondition& condition) {
  if (const auto* log = std::get_if<LogReady>(&condition.test)) {
    HITCH_TRY([[maybe_unused]] const auto match, compile_match(*log));
  } else if (const auto* group = std::get_if<ReadyGroup>(&condition.test)) {
    for (const auto& member : group->members) HITCH_CHECK(check_condition(member));
  }
  return Done{};
}

std::string describe_condition(const ReadyCondition& condition) {
  return std::visit(Describe{}, condition.test);
}

bool needs_notify_socket(const ReadyCondition& condition) {
  const auto* group = std::get_if<ReadyGroup>(&condition.test);
  if (group == nullptr) return std::holds_alternative<NotifyReady>(condition.test);
  return std::any_of(group->members.begin(), group->members.end(), needs_notify_socket);
}

Task<Done> wait_until_ready(const ReadySpec* spec, ReadyTarget* target) {
  const auto executor = co_await asio::this_coro::executor;
  // A pause of nothing would keep the loop from ever being idle.
  const auto interval = std::max(spec->interval, Milliseconds(1));
  Notifications notifications(executor, target->notify_socket());
  const Wait wait{.interval = interval, .target = target, .notifications = &notifications};
  auto waiting = wait_for(&spec->condition, &wait);
  if (!needs_notify_socket(spec->condition)) co_return co_await std::move(waiting);
  if (target->notify_socket() < 0) {
    co_return Error::because("there is no notify socket for " + in_quotes(target->service()));
  }
  std::vector<Task<Done>> tasks;
  tasks.push_back(std::move(waiting));
  tasks.push_back(notifications.read());  // ends only by failing
  auto together = run_side_by_side(std::move(tasks), Until::kOneEnds);
  co_return co_await std::move(together);
}

}  // namespace hitch
