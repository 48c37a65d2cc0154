#include "runtime/bundle/check_bundle.h"

#include <algorithm>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/utc_time.h"
#include "runtime/bundle/check_rights.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/expand.h"
#include "runtime/bundle/interpolate.h"
#include "runtime/bundle/keys.h"

namespace hitch {

namespace {

/// "my project" → "my-project": a directory's name need not be one of a bundle.
std::string name_from_directory(const std::filesystem::path& directory) {
  std::string name = directory.filename().native();
  for (char& c : name) {
    if (!is_name(std::string("x") + c)) c = '-';
  }
  const auto first = name.find_first_not_of("-.");
  name = first == std::string::npos ? "bundle" : name.substr(first, 64);
  return is_name(name) ? name : "bundle";
}

/// Takes digits of a fixed number from the front; false if there are none such or out of range.
bool take_digits(std::string_view& text, std::size_t count, int least, int most) {
  if (text.size() < count) return false;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value >= least && value <= most;
}

bool take_character(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// "Z", "+02:00", "+0200" or nothing.
bool is_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return true;
  if (!take_character(text, "+-") || !take_digits(text, 2, 0, 23)) return false;
  (void)take_character(text, ":");
  return take_digits(text, 2, 0, 59) && text.empty();
}

/// "2015-07-11", "2015-07-11T10:36", "2015-07-11 10:36:58.5Z": ISO 8601 as people write it.
bool is_date_time(std::string_view text) {
  const bool date = take_digits(text, 4, 0, 9999) && take_character(text, "-") &&
                    take_digits(text, 2, 1, 12) && take_character(text, "-") &&
                    take_digits(text, 2, 1, 31);
  if (!date || text.empty()) return date;
  if (!take_character(text, "Tt ") || !take_digits(text, 2, 0, 23) || !take_character(text, ":") ||
      !take_digits(text, 2, 0, 59)) {
    return false;
  }
  if (take_character(text, ":")) {
    if (!take_digits(text, 2, 0, 59)) return false;
    if (take_character(text, ".,")) {
      const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
      if (digits == 0) return false;
      text.remove_prefix(digits);
    }
  }
  return is_zone(text);
}

/// What a clock can compute with; see fixed_rate() of the clock.
std::optional<double> read_rate(const Field& field) {
  constexpr double kFastest = 1 << 20;
  const auto rate = read_amount(field);
  if (!rate || (*rate >= 1 / kFastest && *rate <= kFastest)) return rate;
  field.expected("a number from 1/1048576 to 1048576");
  return std::nullopt;
}

void read_clock(const Field& field, ClockSpec& clock) {
  if (!check_keys(field, clock_keys())) return;
  clock.given = true;
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "start") {
      constexpr std::string_view kWhat = "a date and time such as 2015-07-11T10:36:58Z";
      const auto text = read_text(value, kWhat);
      if (text && (!is_date_time(*text) || !parse_date_time(*text))) value.expected(kWhat);
      clock.start = text.value_or("");
    }
    if (entry.key == "rate") clock.rate = read_rate(value).value_or(1);
    if (entry.key == "frozen") clock.frozen = read_flag(value).value_or(false);
    if (entry.key == "backend") {
      const Choices<std::string_view> choices{
          {"auto", "auto"}, {"vdso", "vdso"}, {"libfaketime", "libfaketime"}, {"off", "off"}};
      clock.backend = read_choice(value, choices).value_or("auto");
    }
    if (entry.key == "monotonic_offset") {
      clock.monotonic_offset = read_duration(value, Zero::kAllowed).value_or(Milliseconds(0));
    }
  }
}

void read_modes(const Entry& entry, const Field& field, BundleSpec& spec) {
  if (entry.key == "network") {
    const Choices<NetworkMode> choices{{"private", NetworkMode::kPrivate},
                                       {"host", NetworkMode::kHost},
                                       {"outbound", NetworkMode::kOutbound}};
    spec.network = read_choice(field, choices).value_or(spec.network);
  }
  if (entry.key == "filesystem") {
    const Choices<FilesystemMode> choices{{"private", FilesystemMode::kPrivate},
                                          {"overlay", FilesystemMode::kOverlay},
                                          {"host", FilesystemMode::kHost}};
    spec.filesystem = read_choice(field, choices).value_or(spec.filesystem);
  }
  if (entry.key == "require_isolation") {
    Choices<IsolationLevel> choices;
    for (const auto level : kIsolationLevels) choices.emplace_back(name_of(level), level);
    spec.require_isolation = read_choice(field, choices).value_or(spec.require_isolation);
  }
}

void read_name(Node& root, const std::optional<std::string>& project_name,
               const Environment& caller, BundleSpec& spec, Diagnostics& out) {
  spec.name = project_name.value_or(name_from_directory(spec.directory));
  if (project_name && !is_name(*project_name)) {
    out.add({}, {},
            "the bundle's name " + in_quotes(*project_name) + ' ' +
                std::string(why_no_name(*project_name)));
  }
  Entry* entry = root.find("name");
  if (entry == nullptr) return;
  const KeyPath path{nullptr, "name"};
  interpolate(entry->value, path, caller_scope(caller), out);
  const Field field{&entry->value, path, &out};
  const auto name = read_text(field, "a name");
  if (!name) return;
  if (!is_name(*name)) return field.error(in_quotes(*name) + ' ' + std::string(why_no_name(*name)));
  if (!project_name) spec.name = *name;
}

/// The bundle's directory is what may be written to, which cannot be everything.
void check_directory(const BundleSpec& spec, Diagnostics& out) {
  if (spec.directory != spec.directory.root_path() || spec.filesystem == FilesystemMode::kHost) {
    return;
  }
  out.add(
      {}, {},
      "the bundle's directory is '/', all of which would be writable: move the bundle file to a "
      "directory of its own, or say 'filesystem: host'");
}

}  // namespace

void check_bundle(Node& root, const std::optional<std::string>& project_name,
                  const Environment& caller, BundleSpec& spec, Diagnostics& out) {
  read_name(root, project_name, caller, spec, out);
  Scope scope = caller_scope(caller);
  scope.set("HITCH_BUNDLE", spec.name);
  const Field top{&root, {}, &out};
  (void)check_keys(top, bundle_keys());
  for (Entry& entry : root.entries) {
    if (entry.key == "services" || entry.key == "name") continue;
    const KeyPath path{nullptr, entry.shown_key()};
    interpolate(entry.value, path, scope, out);
    const Field field{&entry.value, path, &out};
    if (entry.key == "startup_timeout") {
      spec.startup_timeout = read_duration(field, Zero::kRefused).value_or(spec.startup_timeout);
    }
    if (entry.key == "shutdown_timeout") {
      spec.shutdown_timeout = read_duration(field, Zero::kAllowed).value_or(spec.shutdown_timeout);
    }
    if (entry.key == "environment") add_variables(field, caller, spec.environment);
    if (entry.key == "clock") read_clock(field, spec.clock);
    read_modes(entry, field, spec);
    read_rights(entry.key, field, spec);
  }
  check_rights(top, spec);
  check_directory(spec, out);
}

}  // namespace hitch
