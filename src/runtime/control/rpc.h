#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/control/json.h"

namespace hitch {

// JSON-RPC 2.0, one message a line. https://www.jsonrpc.org/specification

/// The codes that the specification has, and hitch's own.
enum class RpcCode : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kFailed = -32000,  ///< the method was carried out and failed: `data` tells how
};

struct RpcRequest {
  json::value id;  ///< null: a notification, which gets no answer
  std::string method;
  json::object params;  ///< by name only
};

/// What is wrong with a message, before it can be carried out.
struct RpcRefusal {
  RpcCode code = RpcCode::kParseError;
  std::string message;
  json::value id;
};

/// Reads a request. Nested at most 32 deep.
/// @param refusal  filled in when it is none
/// @return whether it is one
bool parse_request(std::string_view line, RpcRequest& request, RpcRefusal& refusal);

/// Each is one line, with its newline.
std::string result_line(const json::value& id, json::value result);
std::string refusal_line(const RpcRefusal& refusal);
/// A failed method: `data` has kind ("usage", "timeout"…), exit_code and hint.
std::string failure_line(const json::value& id, const Error& error);
std::string notification_line(std::string_view method, json::object params);
std::string request_line(std::uint64_t id, std::string_view method, json::object params);

/// What came back for a request: the result, or the Error that failure_line() was made of.
Result<json::value> answer_of(const json::object& message);

}  // namespace hitch
