#include <algorithm>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/bundle/check_service.h"
#include "runtime/bundle/check_values.h"

namespace hitch {

namespace {

struct Endpoint {
  std::string host;
  std::uint16_t port;
};

/// "5432", "host:5432" or "[::1]:5432".
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = "127.0.0.1";
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  }
  const auto port = parse_port(text);
  if (!port || host.empty()) return std::nullopt;
  return Endpoint{std::string(host), *port};
}

/// The path is sent as it is, in a line with blanks between its parts. RFC 9112, section 3
bool check_request_path(const Field& field, std::string_view path) {
  const auto is_visible = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; };
  if (std::all_of(path.begin(), path.end(), is_visible)) return true;
  field.error("a URL holds no blanks and control characters; write them as %20 and so on");
  return false;
}

class ReadyChecker {
 public:
  ReadyChecker(const ServiceContext& context, const std::filesystem::path& working_dir)
      : context_(context), working_dir_(working_dir) {}

  /// One `ready` map, or one member of all/any.
  std::optional<ReadyCondition> condition(const Field& field) const;

 private:
  using Test = std::optional<ReadyCondition>;

  Test test(const Entry& entry, const Field& value, const Field& map) const;
  static Test log(const Entry& entry, const Field& value, const Field& map);
  Test group(const Entry& entry, const Field& value) const;
  Test tcp(const Field& value) const;
  Test http(const Field& value) const;
  Test http_url(const Field& value) const;
  Test http_map(const Field& value) const;
  /// Replaces a host as it is written by the one that it stands for; false after an error.
  bool find_host(const Field& value, std::string& host) const;
  Test file(const Field& value) const;

  const ServiceContext& context_;
  const std::filesystem::path& working_dir_;
};

ReadyChecker::Test ReadyChecker::log(const Entry& entry, const Field& value, const Field& map) {
  LogReady log;
  log.match = entry.key == "log"    ? LogReady::Match::kText
              : entry.key == "json" ? LogReady::Match::kJson
                                    : LogReady::Match::kRegex;
  log.mark = value->mark;
  log.key_path = value.path.text();
  if (const Entry* stream = map->find("stream")) {
    const Choices<Stream> choices{{"any", Stream::kAny},
                                  {"out", Stream::kOut},
                                  {"err", Stream::kErr},
                                  {"stdout", Stream::kOut},
                                  {"stderr", Stream::kErr}};
    log.stream = read_choice(map.entry(*stream), choices).value_or(Stream::kAny);
  }
  if (const Entry* times = map->find("times")) {
    constexpr std::int64_t kMost = 1'000'000;
    log.times = static_cast<int>(read_integer(map.entry(*times), 1, kMost).value_or(1));
  }
  const auto pattern = read_text(value, "text that a log line has to hold");
  if (!pattern) return std::nullopt;
  if (pattern->empty()) return value.error("is empty, so every line would do"), std::nullopt;
  log.pattern = *pattern;
  return ReadyCondition{std::move(log)};
}

ReadyChecker::Test ReadyChecker::group(const Entry& entry, const Field& value) const {
  if (!value->is_sequence()) return value.expected("a list of conditions"), std::nullopt;
  if (value->items.empty()) return value.error("needs at least one condition"), std::nullopt;
  ReadyGroup group;
  group.mode = entry.key == "all" ? ReadyGroup::Mode::kAll : ReadyGroup::Mode::kAny;
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const Field item = value.item(i);
    for (const std::string_view key : {"interval", "timeout"}) {
      const Entry* given = item->find(key);
      if (given != nullptr) item.entry(*given).error("belongs to 'ready' as a whole");
    }
    auto member = condition(item);
    if (member) group.members.push_back(std::move(*member));
  }
  if (group.members.size() != value->items.size()) return std::nullopt;
  return ReadyCondition{std::move(group)};
}

bool ReadyChecker::find_host(const Field& value, std::string& host) const {
  if (context_.hosts == nullptr) return true;
  auto found = context_.hosts->find(host);
  if (!found) return value.error(context_.hosts->complaint(host)), false;
  host = std::move(*found);
  return true;
}

ReadyChecker::Test ReadyChecker::tcp(const Field& value) const {
  constexpr std::string_view kWhat = "a port, or 'host:port'";
  const auto text = read_text(value, kWhat);
  if (!text) return std::nullopt;
  auto endpoint = parse_endpoint(*text);
  if (!endpoint) return value.expected(kWhat), std::nullopt;
  if (!find_host(value, endpoint->host)) return std::nullopt;
  return ReadyCondition{TcpReady{std::move(endpoint->host), endpoint->port}};
}

ReadyChecker::Test ReadyChecker::http_url(const Field& value) const {
  constexpr std::string_view kWhat = "a port, a map, or a URL such as http://127.0.0.1:8080/path";
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = value->text;
  if (const auto port = parse_port(rest)) return ReadyCondition{HttpReady{.port = *port}};
  if (rest.starts_with("https://")) {
    return value.error("https is not spoken here; use http, listen or exec"), std::nullopt;
  }
  if (!rest.starts_with(kScheme)) return value.expected(kWhat), std::nullopt;
  rest.remove_prefix(kScheme.size());
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string authority(rest.substr(0, slash));
  const bool has_port = authority.rfind(':') != std::string::npos && !authority.ends_with(']');
  auto endpoint = parse_endpoint(has_port ? authority : authority + ":80");
  if (!endpoint || authority.empty()) return value.expected(kWhat), std::nullopt;
  if (!find_host(value, endpoint->host)) return std::nullopt;
  std::string path(rest.substr(slash));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  if (!check_request_path(value, path)) return std::nullopt;
  return ReadyCondition{HttpReady{std::move(endpoint->host), endpoint->port, std::move(path)}};
}

ReadyChecker::Test ReadyChecker::http_map(const Field& value) const {
  HttpReady http;
  if (!check_keys(value, http_keys())) return std::nullopt;
  for (const Entry& entry : value->entries) {
    const Field part = value.entry(entry);
    if (entry.key == "port") http.port = read_port(part).value_or(http.port);
    if (entry.key == "host") {
      http.host = read_text(part).value_or(http.host);
      (void)find_host(part, http.host);
    }
    if (entry.key == "path") {
      http.path = read_text(part).value_or(http.path);
      if (!http.path.starts_with('/')) part.expected("a path that begins with '/'");
      (void)check_request_path(part, http.path);
    }
    if (entry.key == "status") {
      http.status = static_cast<int>(read_integer(part, 100, 599).value_or(0));
    }
  }
  return ReadyCondition{std::move(http)};
}

ReadyChecker::Test ReadyChecker::http(const Field& value) const {
  if (value->unusable) return std::nullopt;
  if (value->is_scalar()) return http_url(value);
  if (value->is_mapping()) return http_map(value);
  return value.expected("a port, a URL or a map"), std::nullopt;
}

ReadyChecker::Test ReadyChecker::file(const Field& value) const {
  ServiceContext there = context_;
  there.directory = working_dir_;  // as the service itself would take it
  const auto path = read_path(value, there);
  if (!path) return std::nullopt;
  return ReadyCondition{FileReady{path->native()}};
}

ReadyChecker::Test ReadyChecker::test(const Entry& entry, const Field& value,
                                      const Field& map) const {
  const std::string& key = entry.key;
  if (key == "log" || key == "log_regex" || key == "json") return log(entry, value, map);
  if (key == "all" || key == "any") return group(entry, value);
  if (key == "tcp") return tcp(value);
  if (key == "http") return http(value);
  if (key == "file") return file(value);
  if (key == "listen") {
    const auto port = read_port(value);
    return port ? Test(ReadyCondition{ListenReady{*port}}) : std::nullopt;
  }
  if (key == "exec") {
    auto command = read_program(value, context_);
    return command ? Test(ReadyCondition{ExecReady{std::move(*command)}}) : std::nullopt;
  }
  const auto notify = read_flag(value);
  if (notify && !*notify) value.error("can only be true; leave it out otherwise");
  return ReadyCondition{NotifyReady{}};
}

ReadyChecker::Test ReadyChecker::condition(const Field& field) const {
  if (field->unusable) return std::nullopt;
  if (field->is_scalar()) {
    const Entry entry{"log", {}, field->mark, {}};
    return log(entry, field, field);
  }
  if (!field->is_mapping()) return field.expected("text, or a map"), std::nullopt;
  (void)check_keys(field, ready_keys());
  std::vector<const Entry*> tests;
  for (const std::string_view name : ready_tests()) {
    if (const Entry* entry = field->find(name)) tests.push_back(entry);
  }
  if (tests.empty()) {
    std::vector<std::string_view> words(ready_tests().begin(), ready_tests().end());
    return field.error("says nothing to wait for: give " + one_of(words)), std::nullopt;
  }
  Test first;
  for (const Entry* entry : tests) {
    auto read = test(*entry, field.entry(*entry), field);
    if (entry == tests.front()) first = std::move(read);
  }
  const std::string a = tests.front()->key;
  if (tests.size() > 1) {
    const std::string b = tests[1]->key;
    field.error("has more than one test: write 'all: [{" + a + ": …}, {" + b +
                ": …}]' to wait for each of them, or 'any: […]' for one of them");
    return std::nullopt;
  }
  if (a != "log" && a != "log_regex" && a != "json") {
    for (const std::string_view key : {"stream", "times"}) {
      if (const Entry* entry = field->find(key)) {
        field.entry(*entry).error("belongs to 'log', 'log_regex' or 'json'");
      }
    }
  }
  return first;
}

}  // namespace

std::optional<ReadySpec> check_ready(const Field& field, const ServiceContext& context,
                                     const std::filesystem::path& working_dir) {
  ReadySpec spec;
  auto condition = ReadyChecker(context, working_dir).condition(field);
  if (const Entry* interval = field->find("interval")) {
    spec.interval = read_duration(field.entry(*interval), Zero::kRefused).value_or(spec.interval);
  }
  if (const Entry* timeout = field->find("timeout")) {
    spec.timeout = read_duration(field.entry(*timeout), Zero::kRefused);
  }
  if (!condition) return std::nullopt;
  spec.condition = std::move(*condition);
  return spec;
}

}  // namespace hitch
