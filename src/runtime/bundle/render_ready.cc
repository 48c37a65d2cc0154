#include "runtime/bundle/render_ready.h"

#include <utility>

namespace hitch {

namespace {

Node condition_node(const ReadyCondition& condition);

/// Writes one kind of test into the map of a condition.
struct TestWriter {
  Node& map;

  void operator()(const LogReady& log) const {
    const std::string_view key = log.match == LogReady::Match::kText    ? "log"
                                 : log.match == LogReady::Match::kRegex ? "log_regex"
                                                                        : "json";
    put(map, key, text_node(log.pattern));
    if (log.stream != Stream::kAny) {
      put(map, "stream", text_node(log.stream == Stream::kOut ? "out" : "err"));
    }
    if (log.times != 1) put(map, "times", word_node(std::to_string(log.times)));
  }
  void operator()(const ListenReady& listen) const {
    put(map, "listen", word_node(std::to_string(listen.port)));
  }
  void operator()(const TcpReady& tcp) const {
    const bool is_v6 = tcp.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? '[' + tcp.host + ']' : tcp.host;
    put(map, "tcp", text_node(host + ':' + std::to_string(tcp.port)));
  }
  void operator()(const HttpReady& http) const {
    Node value = map_node();
    put(value, "host", text_node(http.host));
    put(value, "port", word_node(std::to_string(http.port)));
    put(value, "path", text_node(http.path));
    if (http.status != 0) put(value, "status", word_node(std::to_string(http.status)));
    put(map, "http", std::move(value));
  }
  void operator()(const ExecReady& exec) const { put(map, "exec", command_node(exec.command)); }
  void operator()(const FileReady& file) const { put(map, "file", text_node(file.path)); }
  void operator()(const NotifyReady&) const { put(map, "notify", word_node("true")); }
  void operator()(const ReadyGroup& group) const {
    Node members = list_node();
    for (const auto& member : group.members) members.items.push_back(condition_node(member));
    put(map, group.mode == ReadyGroup::Mode::kAll ? "all" : "any", std::move(members));
  }
};

Node condition_node(const ReadyCondition& condition) {
  Node map = map_node();
  std::visit(TestWriter{map}, condition.test);
  return map;
}

}  // namespace

Node ready_node(const ReadySpec& ready) {
  Node map = condition_node(ready.condition);
  if (ready.interval != ReadySpec{}.interval) put(map, "interval", duration_node(ready.interval));
  if (ready.timeout) put(map, "timeout", duration_node(*ready.timeout));
  return map;
}

}  // namespace hitch
