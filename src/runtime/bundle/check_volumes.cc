#include "runtime/bundle/check_volumes.h"

#include <algorithm>
#include <system_error>

#include "runtime/base/error.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// Complains at item `index` of a service's volumes.
void complain(const CheckedService& service, std::size_t index, const std::string& text,
              Blame blame, Diagnostics& out) {
  const Entry* list = service.tree.tree.find("volumes");
  const bool whole =
      list->value.items.size() == service.spec.volumes.size();  // or some was refused
  const KeyPath root{nullptr, "services"}, below{&root, service.tree.written_name};
  const KeyPath path{&below, "volumes"}, item{&path, {}, index};
  out.add(whole ? list->value.items[index].mark : list->value.mark,
          whole ? item.text() : path.text(), text, blame);
}

/// Whether the bundle may have something else at `target` than this machine has there.
bool is_hidden(const fs::path& target, const std::vector<CheckedService>& services,
               const fs::path& directory) {
  const auto hides = [&](const fs::path& other) {
    return target != other && is_below(target, other);
  };
  for (const auto& service : services) {
    const auto& spec = service.spec;
    if (std::any_of(spec.tmpfs.begin(), spec.tmpfs.end(), hides)) return true;
    for (const auto& volume : spec.volumes) {
      if (hides(volume.target)) return true;
    }
  }
  return !is_below(target, directory) && is_below_private(target);
}

void check_kind(const CheckedService& service, std::size_t index, Diagnostics& out) {
  const VolumeSpec& volume = service.spec.volumes[index];
  std::error_code ignored;
  const auto source = fs::status(volume.source, ignored);
  const auto target = fs::status(volume.target, ignored);
  if (!fs::exists(source) || !fs::exists(target)) return;
  if (fs::is_directory(source) == fs::is_directory(target)) return;
  const std::string from = in_quotes(volume.source.native()),
                    to = in_quotes(volume.target.native());
  complain(service, index,
           fs::is_directory(source)
               ? from + " is a directory, and cannot be mounted on " + to + ", which is none"
               : from + " is no directory, and cannot be mounted on " + to + ", which is one",
           Blame::kMachine, out);
}

/// Counts what a service has; the one that is too many is reported.
void count(const CheckedService& service, std::size_t& sum, Diagnostics& out) {
  const std::string text = "is one too many: a bundle can have " + std::to_string(kMostVolumes) +
                           " volumes and data directories, those of all services together";
  const std::size_t before = sum;
  sum += service.spec.volumes.size();
  if (before <= kMostVolumes && sum > kMostVolumes) {
    complain(service, kMostVolumes - before, text, Blame::kText, out);
  }
  if (!service.spec.data || sum++ != kMostVolumes) return;
  const KeyPath root{nullptr, "services"}, below{&root, service.tree.written_name};
  const KeyPath path{&below, "data"};
  out.add(service.tree.tree.find("data")->mark, path.text(), text);
}

}  // namespace

void check_volumes_together(const std::vector<CheckedService>& services, const fs::path& directory,
                            Diagnostics& out) {
  std::size_t sum = 0;
  for (const auto& service : services) {
    count(service, sum, out);
    for (std::size_t i = 0; i < service.spec.volumes.size(); ++i) {
      if (!is_hidden(service.spec.volumes[i].target, services, directory)) {
        check_kind(service, i, out);
      }
    }
  }
}

}  // namespace hitch
