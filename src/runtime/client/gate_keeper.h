#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/control/json.h"

namespace hitch {

/// A gate that a service waits at. docs/control.md, "Gates"
struct Gate {
  std::string service{};
  std::uint64_t number = 0;
  std::string at{};  ///< "setup", "ready", "poststart"
  std::uint64_t log_offset = 0;

  /// @param service  its name
  /// @param gate     as events and bundle.info have it
  static Gate from(std::string_view service, const json::object& gate);
};

class GateKeeper;

/// Whose setup() or poststart() the present thread runs.
struct Moment {
  const GateKeeper* keeper = nullptr;  ///< of which bundle
  std::string service{};
  std::string phase{};
};
/// Null: none.
const Moment* current_moment();

/// Runs what a test says about its services at the right moment, and keeps what went wrong. Each
/// gate has a thread, since services that do not need each other start side by side.
class GateKeeper {
 public:
  /// Does what there is to do at a gate.
  /// @return whether the service may go on; throws if it may not; false: it is not ours to say
  using Serve = std::function<bool(const Gate& gate)>;
  /// Opens a gate, without waiting for anything. @param error  why the service has failed; empty:
  /// it has not
  using Open = std::function<void(const Gate& gate, const std::string& error)>;

  GateKeeper(Serve serve, Open open) : serve_(std::move(serve)), open_(std::move(open)) {}
  GateKeeper(const GateKeeper&) = delete;
  GateKeeper& operator=(const GateKeeper&) = delete;
  ~GateKeeper() { join(); }

  /// Called once or more for each gate that a service waits at, on any thread.
  void reached(const Gate& gate);
  /// Whether the service still waits at that gate, and at no later one.
  bool is_current(const Gate& gate) const;
  /// What was thrown first; null: nothing.
  std::exception_ptr first_error() const;
  /// Waits for all that still runs, and lets no gate be reached any more. On a thread that serves a
  /// gate it waits for nothing: what runs there, and whoever waits for it, has to come to its end
  /// first.
  void join();

 private:
  void serve(const Gate& gate);

  Serve serve_;
  Open open_;
  std::mutex joining_;        ///< who comes second waits as long as who came first
  mutable std::mutex mutex_;  ///< guards what follows
  bool is_closed_ = false;
  std::map<std::string, std::uint64_t> latest_;
  std::vector<std::jthread> threads_;
  std::exception_ptr first_error_;
};

}  // namespace hitch
