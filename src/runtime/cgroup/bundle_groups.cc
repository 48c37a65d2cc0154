#include "runtime/cgroup/bundle_groups.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "runtime/cgroup/group_files.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// Where this process goes that may not stay beside the groups of services.
constexpr const char* kOwnLeaf = "supervisor";

Status make_directory(const fs::path& group) {
  if (::mkdir(group.c_str(), 0755) == 0 || errno == EEXIST) return Done{};
  return Error::from_errno(errno, "make control group", group.native());
}

/// All of `from`, until it is empty: a process may have started another one meanwhile.
Status move_all(const fs::path& from, const fs::path& to) {
  constexpr int kRounds = 16;
  for (int i = 0; i < kRounds; ++i) {
    const auto pids = processes_in(from);
    if (pids.empty()) return Done{};
    for (const pid_t pid : pids) {
      auto moved = write_group_file(to / "cgroup.procs", std::to_string(pid));
      if (!moved && moved.error().err() != ESRCH) return moved;
    }
  }
  return Error::from_errno(EBUSY, "leave control group", from.native());
}

Status remove_groups_of_services(const fs::path& bundle_group) {
  std::vector<fs::path> groups;
  std::error_code ec;
  for (fs::directory_iterator it(bundle_group, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->is_directory(ec) && it->path().filename() != kOwnLeaf) groups.push_back(it->path());
  }
  for (const auto& group : groups) HITCH_CHECK(remove_group(group));
  return Done{};
}

}  // namespace

BundleGroups::BundleGroups(const std::string& run_id, fs::path record)
    : name_(group_name_of_run(run_id)), record_(std::move(record)) {}

const OwnGroups& BundleGroups::own() {
  if (!own_) own_ = own_groups();
  return *own_;
}

std::map<Controller, Error> BundleGroups::open(const std::vector<Controller>& wanted) {
  auto places = find_places(own(), wanted);
  for (auto& place : places.found) {
    const auto controllers = place.controllers;
    const auto opened = open_place(std::move(place));
    if (opened) continue;
    for (const auto controller : controllers) places.missing.emplace(controller, opened.error());
  }
  return std::move(places.missing);
}

Status BundleGroups::open_place(Place place) {
  Opened opened{.place = std::move(place), .group = {}};
  opened.group = opened.place.parent / name_;
  const GroupLock alone(opened.place.parent);
  HITCH_CHECK(record_.add_group(opened.group));
  HITCH_CHECK(make_directory(opened.group));
  opened_.push_back(std::move(opened));
  if (!opened_.back().place.unified) return Done{};
  auto enabled = enable(opened_.back());
  if (!enabled) {
    move_back(opened_.back());
    (void)remove_group(opened_.back().group);
    opened_.pop_back();
  }
  return enabled;
}

/// First the parent, then the bundle's group, which has no processes of its own.
Status BundleGroups::enable(Opened& opened) {
  Place& place = opened.place;
  // Anew, now that nobody changes it: somebody may have taken back what he had enabled.
  const auto hands_down = read_group_file(place.parent / "cgroup.subtree_control");
  if (!hands_down) return hands_down.error();
  place.to_enable.clear();
  for (const auto controller : place.controllers) {
    if (!has_word(*hands_down, name_of(controller))) place.to_enable.push_back(controller);
  }
  if (!place.to_enable.empty()) {
    HITCH_CHECK(record_.add_enabled({place.parent, place.to_enable}));
    if (place.must_move) HITCH_CHECK(move_out(opened));
    HITCH_CHECK(hand_down(place.parent, place.to_enable, true));
  }
  return hand_down(opened.group, place.controllers, true);
}

Status BundleGroups::move_out(Opened& opened) {
  const fs::path leaf = opened.group / kOwnLeaf;
  HITCH_CHECK(make_directory(leaf));
  opened.has_moved = true;
  return move_all(opened.place.parent, leaf);
}

/// What hands down cannot have processes: so that ends first, from the inside.
void BundleGroups::move_back(Opened& opened) {
  if (!opened.has_moved) return;
  (void)hand_down(opened.group, opened.place.controllers, false);
  (void)hand_down(opened.place.parent, opened.place.to_enable, false);
  (void)move_all(opened.group / kOwnLeaf, opened.place.parent);
  opened.has_moved = false;
}

Result<ServiceGroup*> BundleGroups::make(const std::string& service) {
  const auto [found, is_new] = services_.try_emplace(service);
  if (!is_new) return &found->second;
  for (const auto& opened : opened_) {
    const auto added = found->second.add(opened.place, opened.group, service);
    if (added) continue;
    services_.erase(found);
    return added.error();
  }
  return &found->second;
}

Result<ServiceGroup*> BundleGroups::make_freezable(const std::string& service) {
  const auto is_unified = [](const Opened& opened) { return opened.place.unified; };
  auto opened = std::find_if(opened_.begin(), opened_.end(), is_unified);
  if (opened == opened_.end()) {
    HITCH_TRY(auto place, find_plain_place(own()));
    HITCH_CHECK(open_place(std::move(place)));
    opened = std::prev(opened_.end());
  }
  auto& group = services_[service];
  if (!group.has_unified()) HITCH_CHECK(group.add(opened->place, opened->group, service));
  return &group;
}

const ServiceGroup* BundleGroups::find(const std::string& service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? nullptr : &found->second;
}

Status BundleGroups::remove() {
  services_.clear();
  while (!opened_.empty()) {
    Opened& opened = opened_.back();
    const Place& place = opened.place;
    if (opened.has_moved) {
      // Its own leaf is not empty: the groups of services alone first.
      HITCH_CHECK(remove_groups_of_services(opened.group));
      const GroupLock alone(place.parent);
      move_back(opened);
    }
    HITCH_CHECK(remove_group(opened.group));
    if (!place.to_enable.empty()) take_back({place.parent, place.to_enable});
    opened_.pop_back();
  }
  return Done{};
}

}  // namespace hitch
