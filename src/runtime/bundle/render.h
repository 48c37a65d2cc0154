#pragma once

#include <string>

#include "runtime/bundle/model.h"

namespace hitch {

/// A bundle as a file in canonical words, paths absolute, everything merged, expanded and
/// interpolated; keys that would say what is the default anyway are left out, and so are profiles,
/// since what is here is what was chosen. A literal '$' is written '$$'. Both forms load again to
/// the same bundle.
std::string render_yaml(const BundleSpec& bundle);
/// On one line, with a newline.
std::string render_json(const BundleSpec& bundle);

}  // namespace hitch
