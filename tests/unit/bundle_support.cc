#include "bundle_support.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "runtime/bundle/render.h"

namespace hitch::testing {

namespace fs = std::filesystem;

TempTree::TempTree() {
  std::string name = (fs::temp_directory_path() / "hitch-bundle-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TempTree::~TempTree() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TempTree::write(const std::string& name, std::string_view text) const {
  fs::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << text;
}

fs::path fixtures() {
  return HITCH_FIXTURES "/bundle";
}

LoadRequest request_in(const fs::path& cwd, std::vector<std::string> files) {
  LoadRequest request;
  request.cwd = cwd;
  request.files = std::move(files);
  request.environment = {
      {"PATH", "/usr/bin:/bin"}, {"HOME", "/home/tester"}, {"PORT", "5432"}, {"EMPTY", ""}};
  request.recipe_dirs = {fixtures() / "recipes"};
  return request;
}

LoadOutcome load_text(std::string_view yaml) {
  const TempTree tree;
  tree.write("hitch.yaml", yaml);
  return load_bundle(request_in(tree.path(), {}));
}

std::string errors_of(std::string_view yaml) {
  return load_text(yaml).diagnostics.render();
}

std::string resolved(std::string_view yaml) {
  const auto outcome = load_text(yaml);
  return outcome.ok() ? render_yaml(*outcome.spec) : outcome.diagnostics.render();
}

std::string read_text_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> bundle_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().native();
    const bool is_bundle = name.ends_with(".yaml") || name.ends_with(".json");
    if (is_bundle && name.find(".over.") == std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> case_files(const fs::path& folder, const std::string& name) {
  const std::string over = fs::path(name).stem().native() + ".over.yaml";
  if (fs::exists(folder / over)) return {name, over};
  return {name};
}

}  // namespace hitch::testing
