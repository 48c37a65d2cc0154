#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_service.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/host_names.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// "80", "8080:80", "127.0.0.1:8080:80", "127.0.0.1::80" or "[::1]:8080:80".
std::optional<PublishedPort> parse_published(std::string_view text) {
  PublishedPort published;
  if (text.ends_with("/tcp")) text.remove_suffix(4);
  const auto last = text.rfind(':');
  const auto bundle_port = parse_port(text.substr(last + 1));  // npos + 1 is 0
  if (!bundle_port) return std::nullopt;
  published.bundle_port = *bundle_port;
  if (last == std::string_view::npos) return published;
  text = text.substr(0, last);
  const auto middle = text.rfind(':');
  const bool in_brackets = text.ends_with(']');
  const auto host_port = in_brackets ? std::string_view{} : text.substr(middle + 1);
  if (!host_port.empty()) {
    const auto port = parse_port(host_port);
    if (!port) return std::nullopt;
    published.host_port = *port;
  }
  if (middle == std::string_view::npos)
    return host_port.empty() ? std::nullopt : std::optional(published);
  std::string_view address = in_brackets ? text : text.substr(0, middle);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  published.host_address = std::string(address);
  return is_address(published.host_address) ? std::optional(published) : std::nullopt;
}

/// A volume as it is written.
struct VolumeWords {
  std::string source, target;
  bool read_only = false;
};

/// "source:target", "source:target:ro".
std::optional<VolumeWords> split_volume(const std::string& text) {
  const auto first = text.find(':');
  if (first == std::string::npos) return std::nullopt;
  const auto second = text.find(':', first + 1);
  const std::string mode = second == std::string::npos ? "rw" : text.substr(second + 1);
  if (mode != "ro" && mode != "rw") return std::nullopt;
  return VolumeWords{text.substr(0, first), text.substr(first + 1, second - first - 1),
                     mode == "ro"};
}

/// {source, target, read_only}, for paths that hold a colon.
VolumeWords read_volume_map(const Field& field) {
  VolumeWords words;
  (void)check_keys(field, volume_keys());
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "source") words.source = read_text(value, "a path").value_or("");
    if (entry.key == "target") words.target = read_text(value, "a path").value_or("");
    if (entry.key == "read_only") words.read_only = read_flag(value).value_or(false);
  }
  return words;
}

/// A volume in either form, with both of its paths; or nothing after an error.
std::optional<VolumeWords> read_volume_words(const Field& field) {
  const auto is_whole = [](const VolumeWords& words) {
    return !words.source.empty() && !words.target.empty();
  };
  if (field->is_mapping()) {
    const VolumeWords words = read_volume_map(field);
    if (!is_whole(words)) return field.error("needs a 'source' and a 'target'"), std::nullopt;
    return words;
  }
  constexpr std::string_view kWhat = "'source:target' or 'source:target:ro'";
  const auto text = read_text(field, kWhat);
  if (!text) return std::nullopt;
  auto words = split_volume(*text);
  if (!words || !is_whole(*words)) return field.expected(kWhat), std::nullopt;
  return words;
}

/// Whether it is in /proc by way of /dev, or a terminal of the devpts.
bool is_kernels_device(const fs::path& target) {
  constexpr std::array<std::string_view, 3> kLinks{"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  return std::find(kLinks.begin(), kLinks.end(), target.native()) != kLinks.end() ||
         is_below(target, "/dev/fd") || target.parent_path() == "/dev/pts";
}

/// Refuses to mount over what a bundle cannot be without. @return whether the target will do
bool check_target(const Field& field, const fs::path& target) {
  const auto below = [&](const char* top) { return *std::next(target.begin()) == top; };
  std::string why;
  if (target == target.root_path()) {
    why = "it would hide everything";
  } else if (below("proc") || below("sys") || is_kernels_device(target)) {
    why = "the kernel's own files are there";
  } else if (target == "/dev" || is_below(BundleSpec().data_root, target)) {
    why = "hitch's own files are there; use a directory below it";
  } else {
    return true;
  }
  field.error("nothing can be mounted on " + in_quotes(target.native()) + ": " + why);
  return false;
}

std::optional<VolumeSpec> read_volume(const Field& field, const ServiceContext& context) {
  const auto words = read_volume_words(field);
  if (!words) return std::nullopt;
  if (!fs::path(words->target).is_absolute()) {
    return field.error("the target " + in_quotes(words->target) + " has to be an absolute path"),
           std::nullopt;
  }
  VolumeSpec volume{absolute_path(context.directory, words->source),
                    absolute_path("/", words->target), words->read_only};
  if (!check_target(field, volume.target)) return std::nullopt;
  std::error_code ignored;
  if (!fs::exists(volume.source, ignored)) {
    field.error("there is no " + in_quotes(volume.source.native()), Blame::kMachine);
  }
  return volume;
}

/// A path that stays below the directory it is relative to.
bool stays_below(const fs::path& path) {
  return !path.empty() && path.is_relative() && *path.lexically_normal().begin() != "..";
}

}  // namespace

std::vector<PublishedPort> check_publish(const Field& field) {
  std::vector<PublishedPort> ports;
  if (!field->is_sequence()) return field.expected("a list such as ['8080:80']"), ports;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    constexpr std::string_view kWhat = "'8080:80', '127.0.0.1:8080:80', or '80' for any free port";
    const Field item = field.item(i);
    const auto text = read_text(item, kWhat);
    if (!text) continue;
    const auto published = parse_published(*text);
    if (!published && text->ends_with("/udp")) {
      item.error("only TCP ports can be published");
    } else if (!published) {
      item.expected(kWhat);
    } else {
      ports.push_back(*published);
    }
  }
  return ports;
}

std::vector<VolumeSpec> check_volumes(const Field& field, const ServiceContext& context) {
  std::vector<VolumeSpec> volumes;
  if (!field->is_sequence()) return field.expected("a list such as ['./data:/data:ro']"), volumes;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    auto volume = read_volume(field.item(i), context);
    if (volume) volumes.push_back(std::move(*volume));
  }
  return volumes;
}

std::vector<fs::path> check_tmpfs(const Field& field) {
  std::vector<fs::path> paths;
  if (!field->is_sequence()) return field.expected("a path, or a list of paths"), paths;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    const auto text = read_text(field.item(i), "a path");
    if (!text) continue;
    if (!fs::path(*text).is_absolute()) field.item(i).expected("an absolute path");
    auto path = absolute_path("/", *text);
    if (check_target(field.item(i), path)) paths.push_back(std::move(path));
  }
  return paths;
}

std::optional<DataSpec> check_data(const Field& field, const ServiceContext& context) {
  if (!check_keys(field, data_keys())) return std::nullopt;
  DataSpec data;
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "path") {
      data.path = fs::path(read_text(value, "a path").value_or("data")).lexically_normal();
      if (!stays_below(data.path)) value.expected("a path relative to HITCH_DATA");
    } else if (entry.key == "prepare") {
      data.prepare = read_programs(value, context);
    } else if (entry.key == "key" && !value->is_sequence()) {
      value.expected("a list of files");
    } else if (entry.key == "key") {
      for (std::size_t i = 0; i < value->items.size(); ++i) {
        const auto path = read_path(value.item(i), context);
        std::error_code ignored;
        if (!path) continue;
        const auto found = fs::status(*path, ignored);
        if (!fs::exists(found)) {
          value.item(i).error("there is no " + in_quotes(path->native()), Blame::kMachine);
        } else if (!fs::is_regular_file(found)) {  // reading a FIFO or a device may never end
          value.item(i).error(in_quotes(path->native()) + " is not a regular file",
                              Blame::kMachine);
        }
        data.key.push_back(*path);
      }
    }
  }
  if (field->find("path") == nullptr) field.error("needs a 'path'");
  return data;
}

}  // namespace hitch
