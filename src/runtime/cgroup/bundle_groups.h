#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cgroup/group_record.h"
#include "runtime/cgroup/place.h"
#include "runtime/cgroup/service_group.h"

namespace hitch {

/// The control groups of a bundle: one in each tree that is needed, with one for each service that
/// needs one in it. Made when somebody asks; a bundle that needs none has none.
class BundleGroups {
 public:
  /// @param record  a file to keep account in, for who has to clean up after a run that was killed
  BundleGroups(const std::string& run_id, std::filesystem::path record);
  BundleGroups(const BundleGroups&) = delete;
  BundleGroups& operator=(const BundleGroups&) = delete;

  /// Makes the bundle's groups, in which services can have these controllers.
  /// @return what cannot be had, and why
  std::map<Controller, Error> open(const std::vector<Controller>& wanted);

  /// The group of a service; made if there is none yet.
  Result<ServiceGroup*> make(const std::string& service);
  /// The same, and it can be frozen.
  Result<ServiceGroup*> make_freezable(const std::string& service);
  /// Null if it has none.
  const ServiceGroup* find(const std::string& service) const;

  /// Removes all groups and takes back what was enabled for them. Once no process of the bundle is
  /// left; after an Error with EBUSY the kernel needs another moment to forget the last ones.
  Status remove();

 private:
  struct Opened {
    Place place;
    std::filesystem::path group;
    bool has_moved = false;  ///< this process and what it has started are in a group below it
  };
  const OwnGroups& own();
  Status open_place(Place place);
  Status enable(Opened& opened);
  Status move_out(Opened& opened);
  void move_back(Opened& opened);

  std::string name_;
  GroupRecord record_;
  std::optional<OwnGroups> own_;  ///< once somebody has asked for groups
  std::vector<Opened> opened_;
  std::map<std::string, ServiceGroup> services_;
};

}  // namespace hitch
