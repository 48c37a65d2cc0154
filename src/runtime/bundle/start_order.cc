#include "runtime/bundle/start_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "runtime/base/error.h"

namespace hitch {

namespace {

using Positions = std::map<std::string_view, std::size_t>;

Positions positions_of(std::span<const ServiceSpec> services) {
  Positions positions;
  for (std::size_t i = 0; i < services.size(); ++i) positions[services[i].name] = i;
  return positions;
}

class Selector {
 public:
  Selector(std::span<const Candidate> candidates, const Selection& selection, Diagnostics& out)
      : candidates_(candidates), selection_(selection), out_(out) {}

  std::vector<std::size_t> run() {
    check_profiles();
    for (const auto& name : selection_.services) select_by_name(name);
    if (selection_.services.empty()) {
      for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (is_active(*candidates_[i].spec)) chosen_.insert(i);
      }
    }
    add_dependencies();
    return {chosen_.begin(), chosen_.end()};
  }

 private:
  void check_profiles();
  void select_by_name(const std::string& name);
  void add_dependencies();
  bool is_active(const ServiceSpec& spec) const;

  std::span<const Candidate> candidates_;
  const Selection& selection_;
  Diagnostics& out_;
  std::set<std::string_view> active_{};
  std::set<std::size_t> chosen_{};
};

void Selector::check_profiles() {
  std::vector<std::string_view> known;
  for (const auto& candidate : candidates_) {
    known.insert(known.end(), candidate.spec->profiles.begin(), candidate.spec->profiles.end());
  }
  for (const auto& profile : selection_.profiles) {
    active_.insert(profile);
    if (profile != "*" && std::find(known.begin(), known.end(), profile) == known.end()) {
      out_.add({}, {}, "there is no profile " + in_quotes(profile) + did_you_mean(profile, known));
    }
  }
}

void Selector::select_by_name(const std::string& name) {
  std::vector<std::string_view> known;
  bool found = false;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const auto& [spec, written_name] = candidates_[i];
    known.push_back(spec->name);
    known.push_back(written_name);
    if (spec->name != name && written_name != name) continue;
    chosen_.insert(i);
    active_.insert(spec->profiles.begin(), spec->profiles.end());
    found = true;
  }
  if (!found)
    out_.add({}, {}, "there is no service " + in_quotes(name) + did_you_mean(name, known));
}

bool Selector::is_active(const ServiceSpec& spec) const {
  return spec.profiles.empty() || active_.contains("*") ||
         std::any_of(spec.profiles.begin(), spec.profiles.end(),
                     [this](const std::string& profile) { return active_.contains(profile); });
}

void Selector::add_dependencies() {
  std::map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < candidates_.size(); ++i) positions[candidates_[i].spec->name] = i;
  std::vector<std::size_t> todo(chosen_.begin(), chosen_.end());
  while (!todo.empty()) {
    const ServiceSpec& spec = *candidates_[todo.back()].spec;
    todo.pop_back();
    for (const auto& dependency : spec.depends_on) {
      const auto found = positions.find(dependency.service);
      if (found == positions.end()) continue;
      const ServiceSpec& other = *candidates_[found->second].spec;
      if (!is_active(other)) {
        out_.add(spec.mark,
                 "services." + std::string(candidates_[positions[spec.name]].written_name),
                 "depends on " + in_quotes(other.name) + ", which needs the profile " +
                     in_quotes(other.profiles.front()));
      } else if (chosen_.insert(found->second).second) {
        todo.push_back(found->second);
      }
    }
  }
}

}  // namespace

std::vector<std::size_t> start_order(std::span<const ServiceSpec> services) {
  const Positions positions = positions_of(services);
  std::vector<std::size_t> order;
  std::vector<bool> placed(services.size(), false);
  const auto can_start = [&](const ServiceSpec& service) {
    return std::all_of(service.depends_on.begin(), service.depends_on.end(),
                       [&](const auto& other) {
                         const auto found = positions.find(other.service);
                         return found == positions.end() || placed[found->second];
                       });
  };
  while (order.size() < services.size()) {
    const std::size_t before = order.size();
    for (std::size_t i = 0; i < services.size(); ++i) {
      if (placed[i] || !can_start(services[i])) continue;
      placed[i] = true;
      order.push_back(i);
    }
    if (order.size() == before) break;  // a cycle, which check_links has refused
  }
  return order;
}

std::vector<std::vector<std::size_t>> stop_groups(std::span<const ServiceSpec> services) {
  const Positions positions = positions_of(services);
  std::vector<std::size_t> level(services.size(), 0);
  std::size_t levels = 0;
  const auto order = start_order(services);
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    levels = std::max(levels, level[*it] + 1);
    for (const auto& dependency : services[*it].depends_on) {
      const auto found = positions.find(dependency.service);
      if (found == positions.end()) continue;
      level[found->second] = std::max(level[found->second], level[*it] + 1);
    }
  }
  std::vector<std::vector<std::size_t>> groups(levels);
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (level[i] < levels) groups[level[i]].push_back(i);
  }
  return groups;
}

std::vector<std::size_t> select_services(std::span<const Candidate> candidates,
                                         const Selection& selection, Diagnostics& out) {
  return Selector(candidates, selection, out).run();
}

}  // namespace hitch
