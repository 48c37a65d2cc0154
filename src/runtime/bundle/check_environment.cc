#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_service.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/env_file.h"
#include "runtime/bundle/source_file.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// One file of env_file: its path, or {path, required}.
void add_env_file(const Field& field, const ServiceContext& context, Variables& variables) {
  std::optional<fs::path> path;
  bool required = true;
  if (field->is_mapping()) {
    if (!check_keys(field, env_file_keys())) return;
    const Entry* where = field->find("path");
    if (where == nullptr) return field.error("needs a 'path'");
    path = read_path(field.entry(*where), context);
    const Entry* flag = field->find("required");
    if (flag != nullptr) required = read_flag(field.entry(*flag)).value_or(true);
  } else {
    path = read_path(field, context);
  }
  if (!path) return;
  auto bytes = read_file(*path);
  if (!bytes && bytes.error().err() == ENOENT && !required) return;
  if (!bytes) return field.error(bytes.error().message(), Blame::kMachine);
  read_env_file(shown_path(*path, context.cwd), *bytes, field.path.text(), variables, *field.out);
}

}  // namespace

void add_variables(const Field& field, const Environment& caller, Variables& variables) {
  if (field->is_sequence())
    return report_items(field, "'NAME=value'");  // a good one is a map by now
  if (!field->is_mapping()) return field.expected("a map, or a list such as ['NAME=value']");
  VariableEditor editor(variables);
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (!is_environment_name(entry.key)) {
      value.error(in_quotes(entry.key) + " cannot be the name of an environment variable");
    } else if (value->kind == NodeKind::kNull) {
      const auto given = caller.find(entry.key);
      if (given != caller.end()) editor.set(entry.key, given->second);
      if (given == caller.end()) editor.erase(entry.key);
    } else if (auto text = read_text(value)) {
      const bool fits = check_length(value, entry.key.size() + 1 + text->size());
      if (fits) editor.set(entry.key, std::move(*text));
    }
  }
}

Variables check_environment(const ServiceTree& service, const KeyPath& path,
                            const ServiceContext& context, Diagnostics& out) {
  Variables variables = context.bundle_environment;
  if (service.recipe_environment) {
    const KeyPath below{&path, "environment"};
    add_variables(Field{&*service.recipe_environment, below, &out}, *context.caller, variables);
  }
  const Field field{&service.tree, path, &out};
  if (const Entry* files = service.tree.find("env_file")) {
    const Field list = field.entry(*files);
    if (!list->is_sequence()) list.expected("a path, or a list of paths");
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      add_env_file(list.item(i), context, variables);
    }
  }
  if (const Entry* own = service.tree.find("environment")) {
    add_variables(field.entry(*own), *context.caller, variables);
  }
  if (service.replica > 0) {
    VariableEditor(variables).set("HITCH_REPLICA", std::to_string(service.replica));
  }
  return variables;
}

}  // namespace hitch
