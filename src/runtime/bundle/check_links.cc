#include "runtime/bundle/check_links.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "runtime/base/error.h"

namespace hitch {

namespace {

/// Indices of the services that a name stands for: one, or all replicas.
using Index = std::map<std::string, std::vector<std::size_t>, std::less<>>;

KeyPath services_path() {
  return {nullptr, "services"};
}

/// Adds an error about one dependency of a service.
void complain(const CheckedService& service, std::string_view dependency, const std::string& text,
              Diagnostics& out) {
  const KeyPath root = services_path(), below{&root, service.tree.written_name};
  const Entry* list = service.tree.tree.find("depends_on");
  const KeyPath path{&below, list->shown_key()};
  const Entry* entry = list->value.find(dependency);
  const KeyPath item{&path, entry->shown_key()};
  out.add(entry->mark, item.text(), text);
}

Index make_index(const std::vector<CheckedService>& services, Diagnostics& out) {
  Index index;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < services.size(); ++i) {
    index[services[i].tree.written_name].push_back(i);
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    const auto& [tree, spec, diagnostics] = services[i];
    if (!names.insert(tree.name).second) {
      const KeyPath root = services_path(), path{&root, tree.written_name};
      out.add(tree.mark, path.text(),
              "there is another service or replica " + in_quotes(tree.name));
    }
    if (tree.replica > 0 && !index.contains(tree.name)) index[tree.name] = {i};
  }
  return index;
}

void check_dependency(const CheckedService& service, const Dependency& dependency,
                      const std::vector<CheckedService>& services, const Index& index,
                      Diagnostics& out) {
  const auto found = index.find(dependency.service);
  if (found == index.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, members] : index) names.push_back(name);
    return complain(service, dependency.service,
                    "there is no service " + in_quotes(dependency.service) +
                        did_you_mean(dependency.service, names),
                    out);
  }
  const ServiceTree& target = services[found->second.front()].tree;
  if (target.written_name == service.tree.written_name) {  // or on one of its own replicas
    return complain(service, dependency.service, "a service cannot depend on itself", out);
  }
  const bool waits_for_end = dependency.condition == Condition::kCompleted ||
                             dependency.condition == Condition::kSucceeded;
  const ServiceSpec& other = services[found->second.front()].spec;
  if (waits_for_end && other.kind != ServiceKind::kTask) {
    complain(service, dependency.service,
             in_quotes(dependency.service) +
                 " is a service, which does not end by itself; say 'kind: task' there",
             out);
  }
}

/// Looks for cycles depth first, over the names as they are written.
class CycleFinder {
 public:
  CycleFinder(const std::vector<CheckedService>& services, const Index& index, Diagnostics& out)
      : services_(services), index_(index), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < services_.size(); ++i) visit(i);
  }

 private:
  enum class State { kNew, kOpen, kDone };

  void visit(std::size_t service) {
    auto& state = states_[services_[service].tree.written_name];
    if (state != State::kNew) return;
    state = State::kOpen;
    trail_.push_back(service);
    for (const auto& dependency : services_[service].spec.depends_on) {
      const auto found = index_.find(dependency.service);
      if (found == index_.end()) continue;
      const std::size_t next = found->second.front();
      const auto& name = services_[next].tree.written_name;
      if (name == services_[service].tree.written_name) continue;  // has its own error
      if (states_[name] == State::kOpen) report(next, dependency.service);
      visit(next);
    }
    trail_.pop_back();
    states_[services_[service].tree.written_name] = State::kDone;
  }

  void report(std::size_t first, const std::string& last_dependency) {
    const auto& first_name = services_[first].tree.written_name;
    const auto start = std::find_if(trail_.begin(), trail_.end(), [&](std::size_t i) {
      return services_[i].tree.written_name == first_name;
    });
    std::string text = "services wait for each other: ";
    for (auto it = start; it != trail_.end(); ++it) {
      text += services_[*it].tree.written_name + " → ";
    }
    complain(services_[trail_.back()], last_dependency, text + first_name, out_);
  }

  const std::vector<CheckedService>& services_;
  const Index& index_;
  Diagnostics& out_;
  std::map<std::string, State, std::less<>> states_{};
  std::vector<std::size_t> trail_{};
};

}  // namespace

void check_links(std::vector<CheckedService>& services, Diagnostics& out) {
  const Index index = make_index(services, out);
  for (const auto& service : services) {
    for (const auto& dependency : service.spec.depends_on) {
      check_dependency(service, dependency, services, index, out);
    }
  }
  CycleFinder(services, index, out).run();
  for (auto& service : services) {
    std::vector<Dependency> expanded;
    for (const auto& dependency : service.spec.depends_on) {
      const auto found = index.find(dependency.service);
      if (found == index.end()) continue;
      for (const std::size_t i : found->second) {
        expanded.push_back({services[i].spec.name, dependency.condition});
      }
    }
    service.spec.depends_on = std::move(expanded);
  }
}

void check_published(const std::vector<CheckedService>& services, Diagnostics& out) {
  std::map<std::pair<std::string, std::uint16_t>, std::string> taken;
  for (const auto& [tree, spec, diagnostics] : services) {
    for (std::size_t i = 0; i < spec.publish.size(); ++i) {
      const PublishedPort& port = spec.publish[i];
      if (port.host_port == 0) continue;
      const auto [place, is_new] =
          taken.emplace(std::pair(port.host_address, port.host_port), spec.name);
      if (is_new) continue;
      const Node& list = tree.tree.find("publish")->value;
      const bool whole = list.items.size() == spec.publish.size();  // else some item was refused
      const KeyPath root = services_path(), below{&root, tree.written_name};
      const KeyPath path{&below, "publish"}, item{&path, {}, i};
      out.add(whole ? list.items[i].mark : list.mark, whole ? item.text() : path.text(),
              "port " + std::to_string(port.host_port) + " of the host is already published by " +
                  in_quotes(place->second) + "; '" + std::to_string(port.bundle_port) +
                  "' alone takes any free one");
    }
  }
}

}  // namespace hitch
