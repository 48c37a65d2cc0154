#include "runtime/ready/listen.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "introspect/fd_links.h"
#include "introspect/net_diag.h"
#include "introspect/net_sockets.h"
#include "introspect/tree.h"
#include "runtime/ready/members.h"

namespace hitch {

namespace {

/// Looking takes microseconds or milliseconds, depending on the machine: see net_diag.h. It may
/// take this part of the loop's time.
constexpr int kShareOfTime = 10;

/// @param diag  closed when it turns out to be of no use
Result<std::vector<std::uint64_t>> sockets_on(std::uint16_t port, pid_t init_pid, UniqueFd& diag) {
  if (diag.is_open()) {
    auto sockets = ask_listening_sockets(diag.get(), port);
    if (sockets) return sockets;
    diag.reset();
  }
  return listening_sockets(init_pid, port);
}

/// Processes come and go while one looks: what fails now may go well next time.
bool service_listens(std::uint16_t port, const ReadyTarget& target, UniqueFd& diag) {
  const auto sockets = sockets_on(port, target.init_pid(), diag);
  if (!sockets || sockets->empty()) return false;
  const auto holds_one = [&](pid_t pid) {
    const auto held = holds_socket(pid, *sockets);
    return held && *held;
  };
  if (holds_one(target.main_pid())) return true;  // most often it does, and needs no tree
  const auto tree = ProcessTree::scan();
  if (!tree) return false;
  const auto pids = processes_of_service(*tree, target.init_pid(), target.main_pid());
  return std::any_of(pids.begin(), pids.end(), holds_one);
}

}  // namespace

Task<Done> wait_for_listen(const ListenReady* listen, Milliseconds interval, ReadyTarget* target) {
  UniqueFd diag;
  auto made = co_await target->make_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  if (made) diag = *std::move(made);
  for (;;) {
    const auto start = Clock::now();
    if (service_listens(listen->port, *target, diag)) co_return Done{};
    const auto pause = std::max<Clock::duration>(interval, kShareOfTime * (Clock::now() - start));
    HITCH_CO_CHECK(co_await sleep_for(pause));
  }
}

}  // namespace hitch
