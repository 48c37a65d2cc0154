#include "runtime/bundle/normalise.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/keys.h"

namespace hitch {

namespace {

/// Maps whose keys are the user's own names, so that "x-…" is one of them.
constexpr std::array<std::string_view, 8> kNameMaps{
    "environment", "env_vars", "with", "subcommands", "depends_on", "needs", "parameters"};

void drop_extensions(Node& node, bool keys_are_names) {
  if (!keys_are_names) {
    std::erase_if(node.entries, [](const Entry& entry) { return is_extension(entry.key); });
  }
  for (Entry& entry : node.entries) {
    const bool names = !keys_are_names &&
                       std::find(kNameMaps.begin(), kNameMaps.end(), entry.key) != kNameMaps.end();
    drop_extensions(entry.value, names);
  }
  for (Node& item : node.items) drop_extensions(item, false);
}

void rename_aliases(Node& map, const KeyPath& path, KeyRules rules, Diagnostics& out) {
  std::vector<Entry> kept;
  for (Entry& entry : map.entries) {
    const KeyRule* rule = find_word(rules, entry.key);
    if (rule != nullptr && entry.key != rule->name) {
      entry.shown = std::exchange(entry.key, std::string(rule->name));
    }
    const auto same = std::find_if(kept.begin(), kept.end(),
                                   [&](const Entry& earlier) { return earlier.key == entry.key; });
    if (same == kept.end()) {
      kept.push_back(std::move(entry));
      continue;
    }
    const KeyPath at{&path, entry.shown_key()};
    out.add(entry.mark, at.text(),
            in_quotes(entry.shown_key()) + " and " + in_quotes(same->shown_key()) +
                " exclude each other: give one of them");
  }
  map.entries = std::move(kept);
}

/// ["A=1", "B"] → {A: "1", B: }. An item that is no text leaves the list as it is.
void environment_list_to_map(Node& node) {
  const auto is_text = [](const Node& item) { return item.is_scalar(); };
  if (!node.is_sequence() || !std::all_of(node.items.begin(), node.items.end(), is_text)) return;
  Node map;
  map.kind = NodeKind::kMapping;
  map.mark = node.mark;
  map.merge = node.merge;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const auto equals = item.text.find('=');
    Entry entry{item.text.substr(0, equals), '[' + std::to_string(i) + ']', item.mark, {}};
    entry.value.mark = item.mark;
    if (equals != std::string::npos) {
      entry.value = make_scalar(item.text.substr(equals + 1), item.mark);
      entry.value.quoted = true;
    }
    map.erase(entry.key);  // in a list, as in a script, the last one counts
    map.entries.push_back(std::move(entry));
  }
  node = std::move(map);
}

/// [Postgres] → {Postgres: }, where nothing stands for the default condition.
void dependency_list_to_map(Node& node) {
  const auto is_text = [](const Node& item) { return item.is_scalar(); };
  if (!node.is_sequence() || !std::all_of(node.items.begin(), node.items.end(), is_text)) return;
  Node map;
  map.kind = NodeKind::kMapping;
  map.mark = node.mark;
  map.merge = node.merge;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (map.find(item.text) != nullptr) continue;
    map.entries.push_back({item.text, '[' + std::to_string(i) + ']', item.mark, {}});
    map.entries.back().value.mark = item.mark;
    map.entries.back().value.quoted = true;
  }
  node = std::move(map);
}

void wrap_in_list(Node& node) {
  if (!node.is_scalar() && !node.is_mapping()) return;
  Node list;
  list.kind = NodeKind::kSequence;
  list.mark = node.mark;
  list.merge = std::exchange(node.merge, MergeTag::kNone);
  list.items.push_back(std::move(node));
  node = std::move(list);
}

void ready_text_to_map(Node& node) {
  if (!node.is_scalar()) return;
  Node map;
  map.kind = NodeKind::kMapping;
  map.mark = node.mark;
  map.merge = std::exchange(node.merge, MergeTag::kNone);
  map.entries.push_back({"log", {}, node.mark, {}});
  map.entries.back().value = std::move(node);
  node = std::move(map);
}

}  // namespace

void normalise_service(Node& service, const KeyPath& path, Diagnostics& out) {
  if (!service.is_mapping()) return;
  drop_extensions(service, false);
  rename_aliases(service, path, service_keys(), out);
  for (Entry& entry : service.entries) {
    const std::string& key = entry.key;
    if (key == "environment") environment_list_to_map(entry.value);
    if (key == "depends_on") dependency_list_to_map(entry.value);
    if (key == "env_file") wrap_in_list(entry.value);
    if (key == "ready") ready_text_to_map(entry.value);
    const bool list = key == "tmpfs" || key == "pass_environment";
    if (list && entry.value.is_scalar()) wrap_in_list(entry.value);
    if (key == "limits" && entry.value.is_mapping()) {
      const KeyPath below{&path, entry.shown_key()};
      rename_aliases(entry.value, below, limit_keys(), out);
    }
  }
}

void normalise_bundle(Node& root, Diagnostics& out) {
  std::erase_if(root.entries, [](const Entry& entry) { return is_extension(entry.key); });
  rename_aliases(root, KeyPath{}, bundle_keys(), out);
  for (Entry& entry : root.entries) {
    const KeyPath path{nullptr, entry.shown_key()};
    if (entry.key == "environment") environment_list_to_map(entry.value);
    if (entry.key == "clock") drop_extensions(entry.value, false);
    if (entry.key != "services") continue;
    std::erase_if(entry.value.entries, [](const Entry& item) { return is_extension(item.key); });
    for (Entry& service : entry.value.entries) {
      const KeyPath below{&path, service.key};
      normalise_service(service.value, below, out);
    }
  }
}

}  // namespace hitch
