#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runtime/bundle/node.h"

namespace hitch {

/// How the value of a key in a later file is laid over that of an earlier one.
enum class MergeRule {
  kReplace,   ///< scalars, and lists that only make sense as a whole
  kAppend,    ///< lists whose items stand for themselves; what is there already is not repeated
  kByKey,     ///< maps; values that are maps again are merged too
  kServices,  ///< the map of services
  kVolumes,   ///< as kAppend, but a later volume replaces one with the same target
  kReady,     ///< by key, but a later test replaces the earlier test
};

/// A key that a map of the bundle file may hold.
struct KeyRule {
  std::string_view name;   ///< the canonical word
  std::string_view alias;  ///< another one for it, or empty
  MergeRule merge = MergeRule::kReplace;
};
using KeyRules = std::span<const KeyRule>;

/// The keys of a bundle file, of one of its services, and of the maps inside of these.
KeyRules bundle_keys();
KeyRules service_keys();
KeyRules ready_keys();
KeyRules http_keys();
KeyRules data_keys();
KeyRules limit_keys();
KeyRules clock_keys();
KeyRules seccomp_keys();
KeyRules dependency_keys();
KeyRules env_file_keys();
KeyRules volume_keys();
KeyRules recipe_keys();
KeyRules parameter_keys();

/// The keys of `ready` that are a test, or a combination of tests: a map holds one of them.
std::span<const std::string_view> ready_tests();

/// The rule for a canonical word, or null.
const KeyRule* find_rule(KeyRules rules, std::string_view name);
/// The rule for a word, canonical or not, or null.
const KeyRule* find_word(KeyRules rules, std::string_view word);
/// Every word that is allowed, for suggestions.
std::vector<std::string_view> words_of(KeyRules rules);

/// Whether a key is free for the user's own purposes. compose-spec, "Extensions"
bool is_extension(std::string_view key);

/// Whether `text` can name a service, a bundle or a recipe: letters, digits, '.', '_', '-', and
/// none of the three words that hitch keeps for itself.
bool is_name(std::string_view text);
/// Why it is none: "is no name: …"; empty if it is one.
std::string_view why_no_name(std::string_view text);
/// The same of a service, whose name is that of a host inside the bundle.
std::string_view why_no_service_name(std::string_view text);

}  // namespace hitch
