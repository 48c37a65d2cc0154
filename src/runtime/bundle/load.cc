#include "runtime/bundle/load.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_bundle.h"
#include "runtime/bundle/check_links.h"
#include "runtime/bundle/check_volumes.h"
#include "runtime/bundle/expand.h"
#include "runtime/bundle/merge.h"
#include "runtime/bundle/normalise.h"
#include "runtime/bundle/reader.h"
#include "runtime/bundle/source_file.h"
#include "runtime/bundle/start_order.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

std::string shown_name(const std::string& file) {
  return file == "-" ? "<stdin>" : file;
}

/// Whether a file is read from a stream: its directory means nothing, and its name tells no format.
bool is_streamed(const std::string& file, const fs::path& cwd) {
  return file == "-" || is_stream(cwd / file);
}

class Loader {
 public:
  explicit Loader(const LoadRequest& request) : request_(request) {}

  LoadOutcome run() {
    find_files();
    auto root = read_files();
    if (root) check(*root);
    std::vector<std::string> order{""};  // what has no place is about all of it
    for (const auto& file : spec_.files) order.push_back(shown_name(file));
    out_.tidy(std::move(order));
    LoadOutcome outcome;
    outcome.name = spec_.name;
    if (out_.empty()) outcome.spec = std::move(spec_);
    outcome.diagnostics = std::move(out_);
    return outcome;
  }

 private:
  void find_files();
  std::optional<Node> read_files();
  std::optional<Node> read_one(const std::string& file);
  void check(Node& root);
  std::vector<CheckedService> check_services(const Node& root);
  void select(std::vector<CheckedService> services);

  const LoadRequest& request_;
  Diagnostics out_{};
  BundleSpec spec_{};
};

void Loader::find_files() {
  spec_.files = request_.files;
  if (!spec_.files.empty()) return;
  for (fs::path dir = request_.cwd;; dir = dir.parent_path()) {
    for (const char* name : {"hitch.yaml", "hitch.yml", "hitch.json"}) {
      std::error_code ignored;
      if (fs::exists(dir / name, ignored)) {
        spec_.files = {shown_path(dir / name, request_.cwd)};
        return;
      }
    }
    if (dir == dir.parent_path()) break;
  }
  out_.add({}, {},
           "there is no hitch.yaml, hitch.yml or hitch.json in " +
               in_quotes(request_.cwd.native()) +
               " or above it; 'hitch init' writes a first one, '-f FILE' names another");
}

std::optional<Node> Loader::read_one(const std::string& file) {
  const std::string name = shown_name(file);
  const fs::path path = request_.cwd / file;
  const bool streamed =
      is_streamed(file, request_.cwd);  // asked now: a pipe may go when it is read
  if (&file == &spec_.files.front()) {
    spec_.directory = streamed ? request_.cwd : path.lexically_normal().parent_path();
  }
  auto bytes = file == "-" ? read_descriptor(request_.stdin_fd, name) : read_file(path);
  if (!bytes) {
    out_.add({name}, {},
             bytes.error().err() != 0 ? "cannot read the file: " + errno_text(bytes.error().err())
                                      : bytes.error().message());
    return std::nullopt;
  }
  const Format format = streamed                      ? Format::kAny
                        : path.extension() == ".json" ? Format::kJson
                                                      : Format::kYaml;
  auto root = read_document(name, *bytes, format, out_);
  if (root) normalise_bundle(*root, out_);
  return root;
}

std::optional<Node> Loader::read_files() {
  std::optional<Node> merged;
  bool complete = !spec_.files.empty();
  for (const auto& file : spec_.files) {
    auto root = read_one(file);
    complete = complete && root;
    if (!complete) continue;  // read the others all the same, for their errors
    merged = merged ? merge_bundles(std::move(*merged), std::move(*root)) : std::move(root);
  }
  if (!complete) return std::nullopt;
  drop_resets(*merged, Depth::kBundle);
  return merged;
}

std::vector<CheckedService> Loader::check_services(const Node& root) {
  std::vector<CheckedService> checked;
  const Node* services = root.value("services");
  if (services == nullptr || services->kind == NodeKind::kNull) return checked;
  if (!services->is_mapping()) {
    Field{services, KeyPath{nullptr, "services"}, &out_}.expected("a map of services");
    return checked;
  }
  ServiceContext context;
  context.caller = &request_.environment;
  context.directory = spec_.directory;
  context.cwd = request_.cwd;
  context.bundle_environment = spec_.environment;
  context.startup_timeout = spec_.startup_timeout;
  if (!request_.scratch.empty()) {
    spec_.data_root = request_.scratch + "/data";
    spec_.temporary_directory = request_.scratch + "/tmp";
  } else if (spec_.filesystem == FilesystemMode::kHost && !request_.host_data_root.empty()) {
    spec_.data_root = request_.host_data_root;
  }
  const ExpandContext expand{&request_.environment, spec_.name, request_.recipe_dirs, request_.cwd,
                             spec_.data_root};
  auto expanded = expand_services(*services, expand, out_);
  HostNames hosts(spec_.name);
  for (const auto& [tree, diagnostics] : expanded) {
    hosts.add(tree.name, tree.name);
    if (tree.replica == 1) hosts.add(tree.written_name, tree.name);
  }
  context.hosts = &hosts;
  for (auto& [tree, diagnostics] : expanded) {
    CheckedService service;
    service.diagnostics = std::move(diagnostics);
    service.spec = check_service(tree, context, service.diagnostics);
    service.tree = std::move(tree);
    checked.push_back(std::move(service));
  }
  return checked;
}

/// Keeps what is to be run. What the rest of the services lack on this machine is no error.
void Loader::select(std::vector<CheckedService> services) {
  std::vector<Candidate> candidates;
  candidates.reserve(services.size());
  for (const auto& service : services) {
    candidates.push_back({&service.spec, service.tree.written_name});
  }
  const auto chosen = select_services(candidates, {request_.services, request_.profiles}, out_);
  std::vector<CheckedService> kept;
  for (std::size_t i = 0; i < services.size(); ++i) {
    const bool runs = std::find(chosen.begin(), chosen.end(), i) != chosen.end();
    out_.take(std::move(services[i].diagnostics),
              runs ? Diagnostics::Take::kAll : Diagnostics::Take::kTextOnly);
    if (runs) kept.push_back(std::move(services[i]));
  }
  check_published(kept, out_);
  check_volumes_together(kept, spec_, out_);
  for (auto& service : kept) spec_.services.push_back(std::move(service.spec));
}

void Loader::check(Node& root) {
  check_bundle(root, request_.project_name, request_.environment, spec_, out_);
  auto services = check_services(root);
  check_links(services, out_);
  select(std::move(services));
}

}  // namespace

LoadOutcome load_bundle(const LoadRequest& request) {
  return Loader(request).run();
}

Environment environment_from(const char* const* environ) {
  Environment environment;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const char* equals = std::strchr(*environ, '=');
    if (equals != nullptr) environment.emplace(std::string(*environ, equals), equals + 1);
  }
  return environment;
}

}  // namespace hitch
