#include "runtime/bundle/recipe.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "runtime/base/error.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/interpolate.h"
#include "runtime/bundle/keys.h"
#include "runtime/bundle/normalise.h"
#include "runtime/bundle/reader.h"
#include "runtime/bundle/source_file.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;
using Parameters = std::map<std::string, std::string, std::less<>>;

std::vector<std::string> recipe_names(const std::vector<fs::path>& directories) {
  std::vector<std::string> names;
  for (const auto& directory : directories) {
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() == ".yaml") names.push_back(it->path().stem().native());
    }
  }
  return names;
}

/// The path of a recipe's file, or nothing after an error.
std::optional<fs::path> find_recipe(const Field& field, const RecipeContext& context) {
  const auto name = read_text(field, "the name of a recipe");
  if (!name) return std::nullopt;
  if (!is_name(*name)) {
    field.error(in_quotes(*name) + ' ' + std::string(why_no_name(*name)));
    return std::nullopt;
  }
  for (const auto& directory : context.directories) {
    fs::path path = directory / (*name + ".yaml");
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path;
  }
  const auto names = recipe_names(context.directories);
  const std::vector<std::string_view> known(names.begin(), names.end());
  field.error("there is no recipe " + in_quotes(*name) + did_you_mean(*name, known));
  return std::nullopt;
}

std::optional<Node> read_recipe(const Field& field, const RecipeContext& context) {
  const auto path = find_recipe(field, context);
  if (!path) return std::nullopt;
  const std::string shown = shown_path(*path, context.cwd);
  auto bytes = read_file(*path);
  if (!bytes) {
    field.error(bytes.error().message());
    return std::nullopt;
  }
  auto root = read_document(shown, *bytes, Format::kYaml, *field.out);
  if (!root) return std::nullopt;
  std::erase_if(root->entries, [](const Entry& entry) { return is_extension(entry.key); });
  const Field top{&*root, {}, field.out};
  (void)check_keys(top, recipe_keys());
  if (root->value("service") == nullptr) {
    top.error("a recipe needs the key 'service'");
    return std::nullopt;
  }
  return root;
}

/// Parameters that the recipe declares, with their defaults; one without a default is required.
std::vector<std::pair<std::string, const Node*>> declared_parameters(const Field& recipe) {
  std::vector<std::pair<std::string, const Node*>> declared;
  const Entry* entry = recipe->find("parameters");
  if (entry == nullptr) return declared;
  const Field map = recipe.entry(*entry);
  if (!map->is_mapping()) return map.expected("a map of parameters"), declared;
  for (const Entry& parameter : map->entries) {
    const Field field = map.entry(parameter);
    const Entry* fallback = nullptr;
    if (field->kind != NodeKind::kNull && check_keys(field, parameter_keys())) {
      fallback = field->find("default");
    }
    declared.emplace_back(parameter.key, fallback != nullptr ? &fallback->value : nullptr);
  }
  return declared;
}

/// What `with` gives, checked against what the recipe declares.
std::optional<Parameters> bind_parameters(
    const Field& service, const std::string& recipe,
    const std::vector<std::pair<std::string, const Node*>>& declared) {
  Parameters values;
  std::vector<std::string_view> names;
  for (const auto& [name, fallback] : declared) {
    names.push_back(name);
    if (fallback != nullptr) values[name] = fallback->text;
  }
  bool good = true;
  if (const Entry* with = service->find("with")) {
    const Field map = service.entry(*with);
    if (!map->is_mapping()) return map.expected("a map of parameters"), std::nullopt;
    for (const Entry& given : map->entries) {
      const Field field = map.entry(given);
      if (std::find(names.begin(), names.end(), given.key) == names.end()) {
        field.out->add(
            given.mark, field.path.text(),
            "unknown parameter of recipe " + in_quotes(recipe) + did_you_mean(given.key, names));
        good = false;
      } else if (auto text = read_text(field, "text or a number")) {
        values[given.key] = *text;
      } else {
        good = false;
      }
    }
  }
  for (const auto& name : names) {
    if (values.contains(name) || !good) continue;
    service.entry(*service->find("recipe"))
        .error("recipe " + in_quotes(recipe) + " needs 'with: {" + std::string(name) + ": …}'");
    good = false;
  }
  return good ? std::optional(values) : std::nullopt;
}

/// Keys that only make sense in the file that uses the recipe.
void refuse_foreign_keys(Node& service, const KeyPath& path, Diagnostics& out) {
  for (const std::string_view key : {"recipe", "with", "replicas", "profiles"}) {
    const Entry* entry = service.find(key);
    if (entry == nullptr) continue;
    const KeyPath below{&path, key};
    out.add(entry->mark, below.text(), "cannot be part of a recipe");
    service.erase(key);
  }
}

}  // namespace

std::optional<Node> load_recipe(const Field& service, const RecipeContext& context) {
  const Field name = service.entry(*service->find("recipe"));
  if (name->unusable) return std::nullopt;
  auto root = read_recipe(name, context);
  if (!root) return std::nullopt;
  const Field recipe{&*root, {}, service.out};
  const auto declared = declared_parameters(recipe);
  const auto values = bind_parameters(service, name->text, declared);
  if (!values) return std::nullopt;

  std::vector<std::string_view> names;
  names.reserve(declared.size());
  for (const auto& [parameter, fallback] : declared) names.push_back(parameter);
  const auto lookup = [&values](std::string_view wanted) -> std::optional<std::string> {
    const auto found = values->find(wanted);
    return found == values->end() ? std::nullopt : std::optional(found->second);
  };
  Scope scope(lookup, "parameter", names);
  for (const auto& [variable, value] : context.variables) scope.set(variable, value);

  Node tree = std::move(root->find("service")->value);
  if (!tree.is_mapping()) {
    Field{&tree, KeyPath{nullptr, "service"}, service.out}.expected("a map");
    return std::nullopt;
  }
  normalise_service(tree, service.path, *service.out);
  refuse_foreign_keys(tree, service.path, *service.out);
  interpolate(tree, service.path, scope, *service.out);
  return tree;
}

}  // namespace hitch
