#include "runtime/control/rpc.h"

#include <array>
#include <boost/json/parse.hpp>
#include <utility>

#include "runtime/base/exit_code.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

constexpr std::size_t kDeepest = 32;

struct NamedKind {
  Kind kind;
  std::string_view name;
};
constexpr std::array kKinds{
    NamedKind{Kind::kEnvironment, "environment"}, NamedKind{Kind::kUsage, "usage"},
    NamedKind{Kind::kTimeout, "timeout"},         NamedKind{Kind::kNotRunnable, "not_runnable"},
    NamedKind{Kind::kNotFound, "not_found"},      NamedKind{Kind::kInterrupted, "interrupted"}};

std::string_view name_of(Kind kind) {
  for (const auto& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return "environment";
}

Kind kind_named(std::string_view name) {
  for (const auto& known : kKinds) {
    if (known.name == name) return known.kind;
  }
  return Kind::kEnvironment;
}

std::string line_of(json::object message) {
  message["jsonrpc"] = "2.0";
  return json_text(message) + '\n';
}

std::string error_line(const json::value& id, json::object error) {
  return line_of({{"id", id}, {"error", std::move(error)}});
}

bool refuse(RpcRefusal& refusal, RpcCode code, std::string message) {
  refusal.code = code;
  refusal.message = std::move(message);
  return false;
}

bool may_be_id(const json::value& id) {
  return id.is_null() || id.is_string() || id.is_number();
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

bool parse_request(std::string_view line, RpcRequest& request, RpcRefusal& refusal) {
  boost::system::error_code ec;
  json::parse_options options;
  options.max_depth = kDeepest;
  json::value message = json::parse(line, ec, {}, options);
  if (ec) return refuse(refusal, RpcCode::kParseError, "not JSON: " + ec.message());
  if (!message.is_object()) {
    return refuse(refusal, RpcCode::kInvalidRequest,
                  "a request is an object; batches are not taken");
  }
  auto& object = message.get_object();
  if (auto* id = object.if_contains("id")) {
    if (!may_be_id(*id)) {
      return refuse(refusal, RpcCode::kInvalidRequest, "'id' has to be a string or a number");
    }
    refusal.id = request.id = std::move(*id);
  }
  if (text_in(object, "jsonrpc") != "2.0") {
    return refuse(refusal, RpcCode::kInvalidRequest, "'jsonrpc' has to be \"2.0\"");
  }
  const auto* method = object.if_contains("method");
  if (method == nullptr || !method->is_string()) {
    return refuse(refusal, RpcCode::kInvalidRequest, "'method' has to be a string");
  }
  request.method = text_in(object, "method");
  if (auto* params = object.if_contains("params")) {
    if (!params->is_object()) {
      return refuse(refusal, RpcCode::kInvalidParams, "'params' has to be an object");
    }
    request.params = std::move(params->get_object());
  }
  return true;
}

std::string result_line(const json::value& id, json::value result) {
  return line_of({{"id", id}, {"result", std::move(result)}});
}

std::string refusal_line(const RpcRefusal& refusal) {
  return error_line(refusal.id,
                    {{"code", static_cast<int>(refusal.code)}, {"message", refusal.message}});
}

std::string failure_line(const json::value& id, const Error& error) {
  json::object data{{"kind", name_of(error.kind())}, {"exit_code", exit_code_of(error.kind())}};
  if (!error.hint().empty()) data["hint"] = error.hint();
  const auto code = static_cast<int>(RpcCode::kFailed);
  return error_line(id, {{"code", code}, {"message", error.message()}, {"data", std::move(data)}});
}

std::string notification_line(std::string_view method, json::object params) {
  return line_of({{"method", method}, {"params", std::move(params)}});
}

std::string request_line(std::uint64_t id, std::string_view method, json::object params) {
  return line_of({{"id", id}, {"method", method}, {"params", std::move(params)}});
}

Result<json::value> answer_of(const json::object& message) {
  if (const auto* result = message.if_contains("result")) return *result;
  const auto* error = message.if_contains("error");
  if (error == nullptr || !error->is_object()) return Error::because("an answer without content");
  const auto& object = error->get_object();
  std::string text = text_in(object, "message");
  const auto* data = object.if_contains("data");
  if (data == nullptr || !data->is_object()) return Error::because(std::move(text), Kind::kUsage);
  auto told = Error::because(std::move(text), kind_named(text_in(data->get_object(), "kind")));
  return std::move(told).with_hint(text_in(data->get_object(), "hint"));
}

}  // namespace hitch
