#include "runtime/bundle/merge.h"

#include <algorithm>
#include <utility>

namespace hitch {

namespace {

Node merge_values(Node base, Node over, MergeRule rule);

/// @param rules  how to merge each key; a key without a rule is merged by `other`
Node merge_maps(Node base, Node over, KeyRules rules, MergeRule other) {
  for (Entry& entry : over.entries) {
    Entry* earlier = base.find(entry.key);
    if (earlier == nullptr) {
      base.entries.push_back(std::move(entry));
      continue;
    }
    const KeyRule* rule = find_rule(rules, entry.key);
    Node below = std::move(earlier->value);
    earlier->shown = entry.shown;
    earlier->mark = entry.mark;
    earlier->value =
        merge_values(std::move(below), std::move(entry.value), rule ? rule->merge : other);
  }
  base.mark = over.mark;
  return base;
}

bool same_value(const Node& a, const Node& b) {
  return a.is_scalar() && b.is_scalar() && a.text == b.text;
}

Node append(Node base, Node over) {
  for (Node& item : over.items) {
    const auto same = [&item](const Node& earlier) { return same_value(earlier, item); };
    if (std::none_of(base.items.begin(), base.items.end(), same)) {
      base.items.push_back(std::move(item));
    }
  }
  base.mark = over.mark;
  return base;
}

/// The target of a volume, "source:target[:ro]" or a map.
std::string_view volume_target(const Node& item) {
  if (const Node* target = item.value("target")) return target->text;
  std::string_view text = item.text;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return text;
  text.remove_prefix(colon + 1);
  return text.substr(0, text.find(':'));
}

Node merge_volumes(Node base, Node over) {
  for (const Node& item : over.items) {
    std::erase_if(base.items, [&item](const Node& earlier) {
      return volume_target(earlier) == volume_target(item);
    });
  }
  return append(std::move(base), std::move(over));
}

Node merge_ready(Node base, Node over) {
  const auto is_test = [](const Entry& entry) {
    return entry.key != "interval" && entry.key != "timeout";
  };
  const auto names_test = [](const Entry& entry) {
    const auto tests = ready_tests();
    return std::find(tests.begin(), tests.end(), entry.key) != tests.end();
  };
  if (std::any_of(over.entries.begin(), over.entries.end(), names_test)) {
    std::erase_if(base.entries, is_test);
  }
  return merge_maps(std::move(base), std::move(over), ready_keys(), MergeRule::kReplace);
}

Node merge_values(Node base, Node over, MergeRule rule) {
  if (over.merge != MergeTag::kNone || base.kind != over.kind) return over;
  if (over.is_mapping()) {
    if (rule == MergeRule::kServices) return merge_maps(std::move(base), std::move(over), {}, rule);
    if (rule == MergeRule::kReady) return merge_ready(std::move(base), std::move(over));
    if (rule == MergeRule::kByKey) return merge_maps(std::move(base), std::move(over), {}, rule);
  }
  if (over.is_sequence()) {
    if (rule == MergeRule::kAppend) return append(std::move(base), std::move(over));
    if (rule == MergeRule::kVolumes) return merge_volumes(std::move(base), std::move(over));
  }
  return over;
}

}  // namespace

Node merge_services(Node base, Node over) {
  if (over.merge != MergeTag::kNone || !base.is_mapping() || !over.is_mapping()) return over;
  return merge_maps(std::move(base), std::move(over), service_keys(), MergeRule::kReplace);
}

Node merge_bundles(Node base, Node over) {
  Entry* earlier = base.find("services");
  Entry* later = over.find("services");
  if (earlier != nullptr && later != nullptr && earlier->value.is_mapping() &&
      later->value.is_mapping() && later->value.merge == MergeTag::kNone) {
    for (Entry& entry : later->value.entries) {
      Entry* same = earlier->value.find(entry.key);
      if (same == nullptr) {
        earlier->value.entries.push_back(std::move(entry));
        continue;
      }
      same->mark = entry.mark;
      Node below = std::move(same->value);
      same->value = merge_services(std::move(below), std::move(entry.value));
    }
    over.erase("services");
  }
  return merge_maps(std::move(base), std::move(over), bundle_keys(), MergeRule::kReplace);
}

void drop_resets(Node& node, Depth depth) {
  std::erase_if(node.entries,
                [](const Entry& entry) { return entry.value.merge == MergeTag::kReset; });
  for (Entry& entry : node.entries) {
    if (depth == Depth::kAll) {
      drop_resets(entry.value, depth);
    } else if (entry.key == "services") {
      std::erase_if(entry.value.entries,
                    [](const Entry& one) { return one.value.merge == MergeTag::kReset; });
    }
  }
  if (depth == Depth::kAll) {
    for (Node& item : node.items) drop_resets(item, depth);
  }
}

}  // namespace hitch
