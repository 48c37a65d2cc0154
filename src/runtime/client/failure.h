#pragma once

#include <utility>

#include "runtime/base/exit_code.h"
#include "runtime/base/result.h"
#include "runtime/client/hitch/errors.h"

namespace hitch {

// Where what the rooms return becomes what users of the library catch.

/// Throws what the bundle answered.
[[noreturn]] void throw_refusal(const Error& error);

/// The value, or a client::Error.
template <typename T>
T value_or_throw(Result<T> result) {
  if (!result) throw client::Error(sentence_of(result.error()));
  return *std::move(result);
}

}  // namespace hitch
