#include "runtime/client/description.h"

#include <algorithm>
#include <array>
#include <typeinfo>

namespace hitch {

namespace {

using client::BundleMisconfiguration;
using client::BundleOptions;
using client::Json;
using client::Service;
using client::ServiceOptions;

constexpr std::size_t kLongestName = 64;
constexpr std::array<std::string_view, 3> kReserved{"Test", "Hitch", "Harness"};

double seconds(std::chrono::milliseconds span) {
  return std::chrono::duration<double>(span).count();
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::string literal(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '$' ? 2 : 1, c);
  return escaped;
}

/// The same with each '$' doubled: hitch has variables, and what is said in code has none.
Json literal(const Json& value) {
  if (value.is_string()) return literal(std::string_view(value.as_string()));
  if (value.is_array()) {
    Json::Array elements;
    for (const auto& element : value.as_array()) elements.push_back(literal(element));
    return elements;
  }
  if (!value.is_object()) return value;
  Json::Object members;
  for (const auto& [key, member] : value.as_object()) members.emplace(key, literal(member));
  return members;
}

Json texts(const std::vector<std::string>& values) {
  return Json::Array(values.begin(), values.end());
}

Json literal_texts(const std::vector<std::string>& values) {
  return literal(texts(values));
}

void lay_over(Json& spec, const Json& options) {
  if (options.is_null()) return;
  for (const auto& [key, value] : options.as_object()) spec.set(key, value);
}

bool says_no_program(const ServiceOptions& options) {
  return options.command.empty() && options.recipe.empty() &&
         !(options.options.is_object() && options.options.contains("command"));
}

void check_object(const Json& value, const std::string& what) {
  if (value.is_null() || value.is_object()) return;
  throw BundleMisconfiguration(what + " is no object, but " + value.dump());
}

/// Where it waits for this process. A class may have both functions; there is no asking which.
Json gates_of(const Service& service) {
  const auto& options = service.options();
  const bool has_class = typeid(service) != typeid(Service);
  Json::Array gates;
  if (has_class || options.setup) gates.emplace_back("setup");
  if (options.log_line_ready_checker) gates.emplace_back("ready");
  if (has_class || options.poststart) gates.emplace_back("poststart");
  return gates;
}

Json describe_service(const Service& service, const BundleOptions& bundle) {
  const ServiceOptions& options = service.options();
  Json spec = Json::Object();
  if (const auto gates = gates_of(service); gates.size() > 0) spec.set("gates", gates);
  if (!options.recipe.empty()) spec.set("recipe", options.recipe);
  if (options.parameters.size() > 0) spec.set("with", literal(options.parameters));
  if (!options.command.empty()) spec.set("command", literal_texts(options.command));
  // What is laid over a service of a file says where that runs only if it says so.
  const bool is_overlay = !bundle.bundle_files.empty() && says_no_program(options);
  if (!is_overlay || !options.directory.empty()) {
    spec.set("working_dir", literal(std::string_view(service.directory().native())));
  }
  Json::Object environment;
  for (const auto& [name, value] : options.env_vars)
    environment.emplace(name, literal(std::string_view(value)));
  if (!environment.empty()) spec.set("environment", environment);
  auto passed = bundle.pass_environment;
  passed.insert(passed.end(), options.pass_environment.begin(), options.pass_environment.end());
  if (!passed.empty()) spec.set("pass_environment", texts(passed));
  if (!options.needs.empty()) spec.set("depends_on", texts(options.needs));
  if (!options.ready.is_null()) spec.set("ready", literal(options.ready));
  if (options.no_libfaketime) spec.set("clock", "real");
  if (!options.publish.empty()) spec.set("publish", texts(options.publish));
  if (!options.stop_signal.empty()) spec.set("stop_signal", options.stop_signal);
  if (options.startup_timeout) spec.set("startup_timeout", seconds(*options.startup_timeout));
  lay_over(spec, options.options);
  return spec;
}

/// "bundle" if nothing of the directory's name can be in one.
std::string name_of_directory(const std::filesystem::path& directory) {
  std::string name = directory.filename().string();
  for (char& c : name) {
    if (!is_name_character(c)) c = '-';
  }
  name.erase(0, name.find_first_not_of("-."));
  name.resize(std::min(name.size(), kLongestName));
  return name.empty() ? "bundle" : name;
}

}  // namespace

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code error;
  auto absolute = std::filesystem::absolute(path, error);
  if (!error) return absolute;
  throw client::Error(
      "where '" + path.string() +
      "' is depends on the present directory, which cannot be told: " + error.message());
}

std::filesystem::path project_directory(const BundleOptions& options) {
  auto directory = options.project_directory;
  if (directory.empty() && !options.bundle_files.empty()) {
    directory = absolute_path(options.bundle_files.front()).parent_path();
  }
  if (directory.empty()) directory = ".";
  auto path = absolute_path(directory).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

void check_name(const std::string& name) {
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    throw BundleMisconfiguration("'" + name + "' is not an allowed service name: hitch uses it");
  }
  if (name.empty() || name.size() > kLongestName || name.front() == '-' ||
      !std::all_of(name.begin(), name.end(), is_name_character)) {
    throw BundleMisconfiguration("'" + name +
                                 "' is not an allowed service name: it is made of up to 64 "
                                 "letters, digits, '.', '_' and '-', and does not begin with '-'");
  }
}

void check_service(const Service& service, bool has_file) {
  const auto& options = service.options();
  const auto of_service = "'" + service.name() + "': ";
  check_object(options.parameters, of_service + "parameters");
  check_object(options.options, of_service + "options");
  if (!options.ready.is_null() && !options.ready.is_string() && !options.ready.is_object()) {
    throw BundleMisconfiguration(of_service + "ready is neither a text nor an object, but " +
                                 options.ready.dump());
  }
  if (!has_file && says_no_program(options)) {
    throw BundleMisconfiguration("'" + service.name() + "' has neither a command nor a recipe");
  }
  std::error_code ignored;
  if (!std::filesystem::is_directory(service.directory(), ignored)) {
    throw BundleMisconfiguration("'" + service.name() + "': its directory '" +
                                 service.directory().string() + "' does not exist");
  }
}

Json describe(const BundleOptions& options, const std::vector<std::unique_ptr<Service>>& services) {
  const bool has_file = !options.bundle_files.empty();
  Json spec = Json::Object();
  if (!options.name.empty()) {
    spec.set("name", options.name);
  } else if (!has_file) {
    spec.set("name", name_of_directory(project_directory(options)));
  }
  if (options.startup_timeout || !has_file) {
    spec.set("startup_timeout",
             seconds(options.startup_timeout.value_or(std::chrono::seconds(15))));
  }
  if (options.shutdown_timeout || !has_file) {
    spec.set("shutdown_timeout",
             seconds(options.shutdown_timeout.value_or(std::chrono::seconds(5))));
  }
  if (!options.network.empty()) spec.set("network", options.network);
  if (!options.filesystem.empty()) spec.set("filesystem", options.filesystem);
  const Json clock = options.clock.value_or(has_file ? Json(false) : Json(Json::Object()));
  if (clock != Json(false)) spec.set("clock", clock);
  check_object(options.options, "options of the bundle");
  lay_over(spec, options.options);
  Json::Object described;
  for (const auto& service : services) {
    described.emplace(service->name(), describe_service(*service, options));
  }
  // None at all would take the place of what a file says, even if that is wrong.
  if (!has_file || !described.empty()) spec.set("services", described);
  return spec;
}

}  // namespace hitch
