#include "runtime/ready/members.h"

#include <algorithm>
#include <set>

namespace hitch {

namespace {

/// Collects the processes of one service, and the sessions and groups that are its alone.
class Members {
 public:
  Members(const ProcessTree& tree, pid_t init_pid, pid_t main_pid)
      : tree_(tree), foreign_(tree.find(init_pid)), main_(tree.find(main_pid)) {
    // Init gives a service a session of its own. One that shares init's has none to tell it by.
    sessions_.insert(main_pid);
    groups_.insert(main_pid);
    if (main_ != nullptr) add_with_descendants(*main_);
  }

  /// @return whether the process is new
  bool adopt(const TreeProcess& process) {
    if (pids_.contains(process.pid)) return false;
    if (!sessions_.contains(process.session) && !groups_.contains(process.process_group)) {
      return false;
    }
    add_with_descendants(process);
    return true;
  }

  std::vector<pid_t> pids() const { return {pids_.begin(), pids_.end()}; }

 private:
  void add_with_descendants(const TreeProcess& process) {
    add(process);
    for (const auto& descendant : tree_.descendants_of(process.pid)) add(descendant);
  }

  void add(const TreeProcess& process) {
    pids_.insert(process.pid);
    if (is_own(process.session, &TreeProcess::session)) sessions_.insert(process.session);
    if (is_own(process.process_group, &TreeProcess::process_group)) {
      groups_.insert(process.process_group);
    }
  }

  /// What the main process was born into it may share with other services.
  bool is_own(pid_t id, pid_t TreeProcess::*member) const {
    if (main_ != nullptr && main_->pid != id && main_->*member == id) return false;
    return id != 0 && (foreign_ == nullptr || foreign_->*member != id);
  }

  const ProcessTree& tree_;
  const TreeProcess* foreign_ = nullptr;  ///< init
  const TreeProcess* main_ = nullptr;
  std::set<pid_t> pids_, sessions_, groups_;
};

}  // namespace

std::vector<pid_t> processes_of_service(const ProcessTree& tree, pid_t init_pid, pid_t main_pid) {
  if (main_pid <= 0) return {};
  Members members(tree, init_pid, main_pid);
  const auto bundle = tree.descendants_of(init_pid);
  bool grown = true;
  while (grown) {  // who is adopted may have a session of its own, with others in it
    grown = false;
    for (const auto& process : bundle) grown = members.adopt(process) || grown;
  }
  return members.pids();
}

}  // namespace hitch
