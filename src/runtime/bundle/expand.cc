#include "runtime/bundle/expand.h"

#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/interpolate.h"
#include "runtime/bundle/merge.h"
#include "runtime/bundle/recipe.h"

namespace hitch {

namespace {

constexpr std::int64_t kMostReplicas = 1000;

/// The variables that hitch itself gives to a service.
std::vector<std::pair<std::string, std::string>> own_variables(const ServiceTree& service,
                                                               const ExpandContext& context) {
  return {{"HITCH_DATA", context.data_root + '/' + service.name},
          {"HITCH_SERVICE", service.name},
          {"HITCH_BUNDLE", context.bundle_name}};
}

/// The recipe's environment stays on its own, since env_file comes between it and the service's;
/// so what the service's own one resets has to be looked for here.
std::optional<Node> take_environment(Node& recipe, const Node& service) {
  Entry* entry = recipe.find("environment");
  if (entry == nullptr) return std::nullopt;
  Node environment = std::move(entry->value);
  recipe.erase("environment");
  const Node* own = service.value("environment");
  if (own == nullptr) return environment;
  if (own->merge != MergeTag::kNone) return std::nullopt;
  for (const Entry& variable : own->entries) {
    if (variable.value.merge == MergeTag::kReset) environment.erase(variable.key);
  }
  return environment;
}

void use_recipe(ExpandedService& expanded, const KeyPath& path, const RecipeContext& context) {
  ServiceTree& service = expanded.service;
  auto recipe = load_recipe({&service.tree, path, &expanded.diagnostics}, context);
  if (!recipe) return;
  service.recipe_environment = take_environment(*recipe, service.tree);
  Node own = std::move(service.tree);
  service.tree = merge_services(std::move(*recipe), std::move(own));
}

void expand_service(ExpandedService& expanded, const KeyPath& services,
                    const ExpandContext& context) {
  ServiceTree& service = expanded.service;
  const KeyPath path{&services, service.written_name};
  auto variables = own_variables(service, context);
  Scope scope = caller_scope(*context.caller);
  for (const auto& [name, value] : variables) scope.set(name, value);
  if (service.replica > 0) scope.set("HITCH_REPLICA", std::to_string(service.replica));
  interpolate(service.tree, path, scope, expanded.diagnostics);
  if (service.tree.find("recipe") != nullptr) {
    use_recipe(expanded, path, {context.recipe_dirs, context.cwd, std::move(variables)});
  } else if (const Entry* with = service.tree.find("with")) {
    const KeyPath below{&path, "with"};
    expanded.diagnostics.add(with->mark, below.text(), "has no meaning without 'recipe'");
  }
  drop_resets(service.tree, Depth::kAll);
}

/// How many copies of a service there are to be; 0: the key is not given.
int replicas_of(const Entry& service, const KeyPath& services, const ExpandContext& context,
                Diagnostics& out) {
  const Entry* entry = service.value.find("replicas");
  if (entry == nullptr) return 0;
  const KeyPath path{&services, service.key};
  const KeyPath below{&path, "replicas"};
  Node count = entry->value;
  interpolate(count, below, caller_scope(*context.caller), out);
  return static_cast<int>(read_integer({&count, below, &out}, 1, kMostReplicas).value_or(1));
}

}  // namespace

Scope caller_scope(const Environment& caller) {
  const auto lookup = [&caller](std::string_view name) -> std::optional<std::string> {
    const auto found = caller.find(name);
    return found == caller.end() ? std::nullopt : std::optional(found->second);
  };
  return {lookup, "variable"};
}

std::vector<ExpandedService> expand_services(const Node& services, const ExpandContext& context,
                                             Diagnostics& out) {
  std::vector<ExpandedService> all;
  const KeyPath path{nullptr, "services"};
  for (const Entry& entry : services.entries) {
    if (const auto why = why_no_service_name(entry.key); !why.empty()) {
      const KeyPath below{&path, entry.key};
      out.add(entry.mark, below.text(), in_quotes(entry.key) + ' ' + std::string(why));
      continue;
    }
    Diagnostics problems;
    const int replicas = replicas_of(entry, path, context, problems);
    for (int i = replicas > 0 ? 1 : 0; i <= replicas; ++i) {
      ExpandedService one{{entry.key, entry.key, entry.mark, i, entry.value, {}}, problems};
      if (i > 0) one.service.name += '-' + std::to_string(i);
      one.service.tree.erase("replicas");
      expand_service(one, path, context);
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace hitch
