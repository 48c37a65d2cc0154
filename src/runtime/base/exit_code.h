#pragma once

#include <string>

#include "runtime/base/error.h"

namespace hitch {

/// The exit code for a failure of hitch itself. docs/errors.md
constexpr int exit_code_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::kUsage:
      return 2;
    case Kind::kTimeout:
      return 124;
    case Kind::kEnvironment:
      return 125;
    case Kind::kNotRunnable:
      return 126;
    case Kind::kNotFound:
      return 127;
    case Kind::kInterrupted:
      return 130;
  }
  return 125;
}

/// An Error and its hint in one line.
inline std::string sentence_of(const Error& error) {
  return error.hint().empty() ? error.message() : error.message() + " (" + error.hint() + ")";
}

}  // namespace hitch
