#pragma once

#include <linux/filter.h>

#include <vector>

#include "runtime/isolation/system_calls.h"

namespace hitch {

/// What a bundle changes about the default filter, as parts of a BPF program that go on behind
/// their end with what they do not decide. What is denied goes in front of everything; what is
/// allowed between the rules that a listener answers, if there are any, and the default ones.
struct FilterRules {
  std::vector<sock_filter> denied, allowed;  ///< empty: nothing is changed
};

FilterRules filter_rules(const FilterChanges& changes);

}  // namespace hitch
