#include "runtime/control/methods.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/control/log_subscription.h"
#include "runtime/control/params.h"
#include "runtime/control/time_methods.h"

namespace hitch {

namespace {

/// What a method makes of a request: a result, and descriptors that go with it.
struct Answer {
  json::value result = json::object();
  std::vector<UniqueFd> fds;
  std::function<void()> and_then;  ///< what comes after the answer has been sent
};

/// Each holds memory: what is known of unfinished lines.
constexpr std::size_t kMostFeeds = 16;

struct Call {
  ClientState* client;
  Params params;
  std::vector<UniqueFd> fds;
};

json::object service_object(const ServiceInfo& service, bool with_usage) {
  json::object object{{"name", service.name},
                      {"kind", service.kind},
                      {"state", service.state},
                      {"pid", service.pid},
                      {"pid_inside", service.pid_inside},
                      {"uptime", service.uptime_seconds},
                      {"restarts", service.restarts}};
  if (with_usage) {
    object["cpu_time"] = service.cpu_seconds;
    object["memory"] = service.memory_bytes;
    object["ports"] = json::array(service.ports.begin(), service.ports.end());
  }
  if (!service.published.empty()) {
    object["published"] = json::array(service.published.begin(), service.published.end());
  }
  if (!service.missing_limits.empty()) {
    object["missing_limits"] =
        json::array(service.missing_limits.begin(), service.missing_limits.end());
  }
  if (service.oom_kills > 0) object["oom_kills"] = service.oom_kills;
  if (!service.activity.empty()) object["activity"] = service.activity;
  if (service.gate) object["gate"] = *service.gate;
  if (service.exit_code) object["exit_code"] = *service.exit_code;
  return object;
}

Task<Answer> bundle_info(Call call) {
  HITCH_CO_TRY(const bool with_usage, call.params.flag("usage"));
  const auto info = call.client->target->info(with_usage);
  json::array services;
  for (const auto& service : info.services) services.push_back(service_object(service, with_usage));
  json::value clock;  // null without one
  if (!info.clock_backend.empty()) {
    clock = json::object{{"backend", info.clock_backend}, {"reason", info.clock_reason}};
  }
  Answer answer;
  answer.result = json::object{{"id", info.id},
                               {"name", info.name},
                               {"state", info.state},
                               {"supervisor_pid", info.supervisor_pid},
                               {"init_pid", info.init_pid},
                               {"uptime", info.uptime_seconds},
                               {"directory", info.directory},
                               {"state_directory", info.state_directory},
                               {"socket", info.socket},
                               {"clock", std::move(clock)},
                               {"isolation", json::object{{"level", info.isolation_level},
                                                          {"reason", info.isolation_reason}}},
                               {"services", std::move(services)}};
  co_return answer;
}

Task<Answer> bundle_wait_ready(Call call) {
  HITCH_CO_CHECK(co_await call.client->target->wait_ready());
  co_return Answer{};
}

Task<Answer> bundle_stop(Call call) {
  HITCH_CO_TRY(auto by, call.params.text_or("by", "'hitch down'"));
  call.client->target->stop(std::move(by));
  co_return Answer{};
}

Task<Answer> service_start(Call call) {
  HITCH_CO_TRY(auto name, call.params.text("service"));
  HITCH_CO_CHECK(co_await call.client->target->start_service(std::move(name)));
  co_return Answer{};
}

Task<Answer> service_stop(Call call) {
  HITCH_CO_TRY(auto name, call.params.text("service"));
  HITCH_CO_CHECK(co_await call.client->target->stop_service(std::move(name)));
  co_return Answer{};
}

Task<Answer> service_restart(Call call) {
  HITCH_CO_TRY(const auto name, call.params.text("service"));
  HITCH_CO_CHECK(co_await call.client->target->stop_service(name));
  HITCH_CO_CHECK(co_await call.client->target->start_service(name));
  co_return Answer{};
}

Task<Answer> service_kill(Call call) {
  HITCH_CO_TRY(const auto name, call.params.text("service"));
  HITCH_CO_TRY(const auto text, call.params.text_or("signal", "SIGKILL"));
  const auto signal = parse_signal(text);
  if (!signal) {
    co_return Error::because(in_quotes(text) + " is not a signal", Kind::kUsage)
        .with_hint("for example SIGTERM, or its number");
  }
  HITCH_CO_CHECK(call.client->target->signal_service(name, *signal));
  co_return Answer{};
}

Task<Answer> service_pause(Call call) {
  HITCH_CO_TRY(const auto name, call.params.text("service"));
  HITCH_CO_CHECK(call.client->target->pause_service(name));
  co_return Answer{};
}

Task<Answer> service_resume(Call call) {
  HITCH_CO_TRY(const auto name, call.params.text("service"));
  HITCH_CO_CHECK(call.client->target->resume_service(name));
  co_return Answer{};
}

Task<Answer> service_wait(Call call) {
  HITCH_CO_TRY(auto name, call.params.text("service"));
  HITCH_CO_TRY(const int code, co_await call.client->target->wait_service(std::move(name)));
  Answer answer;
  answer.result = json::object{{"exit_code", code}};
  co_return answer;
}

/// Tells the client when its sub-command has ended.
Task<Done> report_end(ClientState* client, std::int64_t number, std::shared_ptr<ExecHandle> exec) {
  HITCH_CO_TRY(const int code, co_await exec->wait());
  client->execs.erase(number);
  client->connection->send(
      notification_line("exec.ended", {{"exec", number}, {"exit_code", code}}));
  co_return Done{};
}

Task<ExecRequest> exec_request(Call* call) {
  ExecRequest request;
  auto& params = call->params;
  HITCH_CO_TRY(request.service, params.text_or("service", ""));
  HITCH_CO_TRY(request.argv, params.texts("argv"));
  HITCH_CO_TRY(request.environment, params.text_map("environment"));
  HITCH_CO_TRY(request.directory, params.text_or("directory", ""));
  HITCH_CO_TRY(request.terminal, params.flag("terminal"));
  HITCH_CO_TRY(request.rows, params.number_or("rows", 24));
  HITCH_CO_TRY(request.columns, params.number_or("columns", 80));
  HITCH_CO_TRY(request.log_phase, params.text_or("log", ""));
  request.stdio = std::move(call->fds);
  if (request.argv.empty()) co_return Error::because("'argv' is empty", Kind::kUsage);
  if (request.terminal && !request.log_phase.empty()) {
    co_return Error::because("'terminal' and 'log' exclude each other", Kind::kUsage);
  }
  if (!request.terminal && request.log_phase.empty() && request.stdio.size() != 3) {
    co_return Error::because("three descriptors have to come along: stdin, stdout, stderr",
                             Kind::kUsage);
  }
  co_return request;
}

Task<Answer> service_exec(Call call) {
  HITCH_CO_TRY(auto request, co_await exec_request(&call));
  ClientState* client = call.client;
  HITCH_CO_TRY(const auto exec, co_await client->target->exec(std::move(request)));
  const auto number = client->next_exec++;
  client->execs[number] = exec;
  Answer answer;
  answer.result =
      json::object{{"exec", number}, {"pid", exec->pid()}, {"pid_inside", exec->pid_inside()}};
  if (auto terminal = exec->take_terminal(); terminal.is_open()) {
    answer.fds.push_back(std::move(terminal));
  }
  client->tasks->spawn(report_end(client, number, exec));
  co_return answer;
}

Task<Answer> exec_signal(Call call) {
  HITCH_CO_TRY(const int number, call.params.number("exec"));
  HITCH_CO_TRY(const int signal, call.params.number("signal"));
  const auto found = call.client->execs.find(number);
  if (signal < 1 || signal >= NSIG) co_return Error::because("no such signal", Kind::kUsage);
  if (found != call.client->execs.end()) found->second->signal(signal);
  co_return Answer{};
}

Task<Answer> gate_open(Call call) {
  HITCH_CO_TRY(const int number, call.params.number("gate"));
  std::optional<std::string> objection;
  if (call.params.has("error")) {
    HITCH_CO_TRY(objection, call.params.text("error"));
  }
  HITCH_CO_CHECK(call.client->target->open_gate(number, objection));
  co_return Answer{};
}

Task<Answer> time_now(Call call) {
  HITCH_CO_TRY(const auto info, call.client->target->time());
  Answer answer;
  answer.result = time_object(info);
  co_return answer;
}

Task<Answer> change_time(Call* call, TimeChange change) {
  HITCH_CO_TRY(const auto info, co_await call->client->target->change_time(std::move(change)));
  Answer answer;
  answer.result = time_object(info);
  co_return answer;
}

Task<Answer> time_travel(Call call) {
  HITCH_CO_TRY(auto change, travel_of(call.params));
  co_return co_await change_time(&call, std::move(change));
}

Task<Answer> time_freeze(Call call) {
  TimeChange change;
  change.kind = TimeChange::Kind::kFreeze;
  co_return co_await change_time(&call, std::move(change));
}

Task<Answer> time_resume(Call call) {
  TimeChange change;
  change.kind = TimeChange::Kind::kResume;
  co_return co_await change_time(&call, std::move(change));
}

Task<Answer> time_rate(Call call) {
  TimeChange change;
  change.kind = TimeChange::Kind::kRate;
  HITCH_CO_TRY(change.rate, call.params.real("rate"));
  co_return co_await change_time(&call, std::move(change));
}

Task<Answer> logs_open(Call call) {
  HITCH_CO_TRY(auto file, call.client->target->open_log());
  Answer answer;
  answer.fds.push_back(std::move(file));
  co_return answer;
}

Task<Answer> logs_append(Call call) {
  LogRemark remark;
  const auto& params = call.params;
  HITCH_CO_TRY(remark.service, params.text("service"));
  HITCH_CO_TRY(remark.phase, params.text_or("phase", "run"));
  HITCH_CO_TRY(remark.stream, params.text_or("stream", "out"));
  HITCH_CO_TRY(remark.text, params.text("text"));
  HITCH_CO_CHECK(call.client->target->add_to_log(remark));
  co_return Answer{};
}

Task<Answer> logs_subscribe(Call call) {
  LogWish wish;
  const auto& params = call.params;
  HITCH_CO_TRY(wish.services, params.texts_or_none("services"));
  HITCH_CO_TRY(wish.phases, params.texts_or_none("phases"));
  HITCH_CO_TRY(wish.stream, params.text_or("stream", ""));
  HITCH_CO_TRY(wish.only_new, params.flag("only_new"));
  ClientState* client = call.client;
  if (client->feeds.size() >= kMostFeeds) {
    co_return Error::because("a client may have 16 subscriptions to the log", Kind::kUsage);
  }
  HITCH_CO_TRY(const auto feed, client->target->follow_log(std::move(wish)));
  const auto number = client->next_feed++;
  client->feeds[number] = feed;
  Answer answer;
  answer.result = json::object{{"subscription", number}};
  answer.and_then = [client, number, feed] {
    client->tasks->spawn(pass_on_log(client, number, feed));
  };
  co_return answer;
}

Task<Answer> logs_unsubscribe(Call call) {
  HITCH_CO_TRY(const int number, call.params.number("subscription"));
  call.client->feeds.erase(number);
  co_return Answer{};
}

Task<Answer> events_subscribe(Call call) {
  Connection* connection = call.client->connection;
  call.client->events = call.client->target->on_event([connection](const json::object& event) {
    connection->send(notification_line("event", event));
  });
  co_return Answer{};
}

struct Method {
  std::string_view name;
  Task<Answer> (*run)(Call);
};
constexpr std::array kMethods{Method{"bundle.info", bundle_info},
                              Method{"bundle.wait_ready", bundle_wait_ready},
                              Method{"bundle.stop", bundle_stop},
                              Method{"service.start", service_start},
                              Method{"service.stop", service_stop},
                              Method{"service.restart", service_restart},
                              Method{"service.kill", service_kill},
                              Method{"service.pause", service_pause},
                              Method{"service.unpause", service_resume},
                              Method{"service.wait", service_wait},
                              Method{"service.exec", service_exec},
                              Method{"exec.signal", exec_signal},
                              Method{"gate.open", gate_open},
                              Method{"time.now", time_now},
                              Method{"time.travel", time_travel},
                              Method{"time.freeze", time_freeze},
                              Method{"time.resume", time_resume},
                              Method{"time.rate", time_rate},
                              Method{"logs.open", logs_open},
                              Method{"logs.append", logs_append},
                              Method{"logs.subscribe", logs_subscribe},
                              Method{"logs.unsubscribe", logs_unsubscribe},
                              Method{"events.subscribe", events_subscribe}};

std::string no_such_method(const std::string& name) {
  std::vector<std::string_view> known;
  known.reserve(kMethods.size());
  for (const auto& method : kMethods) known.push_back(method.name);
  std::string text = "there is no method " + in_quotes(name);
  if (const auto nearest = nearest_spelling(name, known)) text += "; is it '" + *nearest + "'?";
  return text;
}

}  // namespace

bool takes_descriptors(const RpcRequest& request) {
  const Params params(request.params);
  const auto terminal = params.flag("terminal");
  return request.method == "service.exec" && !params.has("log") && !(terminal && *terminal);
}

Task<Done> carry_out(ClientState* client, RpcRequest request, std::vector<UniqueFd> fds) {
  const bool wants_answer = !request.id.is_null();
  const auto method = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& known) {
    return known.name == request.method;
  });
  if (method == kMethods.end()) {
    const RpcRefusal refusal{RpcCode::kMethodNotFound, no_such_method(request.method), request.id};
    if (wants_answer) client->connection->send(refusal_line(refusal));
    co_return Done{};
  }
  Call call{client, Params(std::move(request.params)), std::move(fds)};
  auto carried_out = method->run(std::move(call));
  auto answer = co_await std::move(carried_out);
  if (!wants_answer) co_return Done{};
  if (answer) {
    client->connection->send(result_line(request.id, std::move(answer->result)),
                             std::move(answer->fds));
    if (answer->and_then) answer->and_then();
  } else {
    client->connection->send(failure_line(request.id, answer.error()));
  }
  co_return Done{};
}

}  // namespace hitch
