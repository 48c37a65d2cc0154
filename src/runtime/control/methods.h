#pragma once

#include <map>
#include <memory>

#include "runtime/control/connection.h"
#include "runtime/control/rpc.h"
#include "runtime/control/target.h"

namespace hitch {

/// What one client has going: its connection, its sub-commands, its subscription.
struct ClientState {
  ControlTarget* target = nullptr;
  Connection* connection = nullptr;
  TaskGroup* tasks = nullptr;  ///< what goes on after a method has been answered
  std::map<std::int64_t, std::shared_ptr<ExecHandle>> execs{};
  std::int64_t next_exec = 1;
  std::shared_ptr<void> events{};
  std::map<std::int64_t, std::shared_ptr<LogFeed>> feeds{};
  std::int64_t next_feed = 1;
};

/// Whether descriptors have to come along with it.
bool takes_descriptors(const RpcRequest& request);

/// Carries out one request and answers it, unless it is a notification. docs/control.md has the
/// list of methods.
Task<Done> carry_out(ClientState* client, RpcRequest request, std::vector<UniqueFd> fds);

}  // namespace hitch
