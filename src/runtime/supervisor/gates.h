#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/supervisor/events.h"

namespace hitch {

/// The gates of a bundle's services: where one waits until a client lets it go on. Clients learn of
/// it from an event, or later from what is known of the service.
class Gates {
 public:
  Gates(const asio::any_io_executor& executor, Events* events)
      : events_(events), opened_(executor) {}

  /// Waits until a client opens the gate.
  /// @param log_offset  of the log when the program of the service was started, in bytes
  /// @return an Error with the words of a client that has something against it
  Task<Done> pass(std::string service, Gate gate, std::uint64_t log_offset);
  /// Lets the service that waits there go on, or fail if there is an `objection`.
  /// @return an Error of kind kUsage if none waits there
  Status open(std::int64_t number, const std::optional<std::string>& objection);
  /// The gate at which a service waits: "gate" and "log_offset"; nothing if it does not wait.
  std::optional<json::object> held(const std::string& service) const;

 private:
  struct Held {
    std::int64_t number = 0;
    std::string service;
    Gate gate = Gate::kSetup;
    std::uint64_t log_offset = 0;
    std::optional<Status> outcome{};
  };
  static json::object describe(const Held& held);

  Events* events_;
  Event opened_;
  std::list<Held> held_;
  std::int64_t next_number_ = 1;
};

}  // namespace hitch
