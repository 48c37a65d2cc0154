#include "runtime/client/running_bundles.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/client/hitch/service_bundle.h"

namespace hitch::client {

namespace {

struct Running {
  std::mutex mutex;
  std::vector<ServiceBundle*> bundles;
  pid_t process = 0;  ///< whose they are: a forked child has a copy of this
};

/// Never destroyed: bundles may be static objects, which end in an order of their own.
Running& running() {
  static auto* const kAll = new Running;
  return *kAll;
}

}  // namespace

void note_running(ServiceBundle& bundle) {
  const std::lock_guard lock(running().mutex);
  if (std::exchange(running().process, ::getpid()) != ::getpid()) running().bundles.clear();
  running().bundles.push_back(&bundle);
}

void note_stopped(ServiceBundle& bundle) {
  const std::lock_guard lock(running().mutex);
  std::erase(running().bundles, &bundle);
}

std::vector<ServiceBundle*> running_bundles() {
  const std::lock_guard lock(running().mutex);
  std::vector<ServiceBundle*> ours;
  if (running().process != ::getpid()) return ours;
  for (auto* bundle : running().bundles) {
    if (bundle->is_running()) ours.push_back(bundle);
  }
  return ours;
}

}  // namespace hitch::client
