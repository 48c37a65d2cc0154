#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <variant>

#include "runtime/base/error.h"

namespace hitch {

/// The value of a Status that went well.
struct Done {};

/// A value, or the Error that kept it from being made.
/// @tparam E  a room whose callers tell failures apart by type has an error type of its own; it has
///            a message()
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value. Asking a failure for its value is a programmer's error and aborts, in release too.
  T& operator*() & noexcept { return require_value(); }
  const T& operator*() const& noexcept { return const_cast<Result*>(this)->require_value(); }
  T&& operator*() && noexcept { return std::move(require_value()); }
  T* operator->() noexcept { return &require_value(); }
  const T* operator->() const noexcept { return &const_cast<Result*>(this)->require_value(); }

  /// The Error. Asking a success for its error aborts.
  const E& error() const& noexcept {
    if (ok()) broken_promise("Result::error() of a success");
    return *std::get_if<1>(&state_);
  }
  E error() && noexcept {
    if (ok()) broken_promise("Result::error() of a success");
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T& require_value() noexcept {
    if (!ok()) broken_promise(std::get_if<1>(&state_)->message().c_str());
    return *std::get_if<0>(&state_);
  }
  [[noreturn]] static void broken_promise(const char* what) noexcept {
    std::fprintf(stderr, "hitch: a Result was used without looking at it: %s\n", what);
    std::abort();
  }

  std::variant<T, E> state_;
};

/// Whether something went well.
using Status = Result<Done>;

}  // namespace hitch

#define HITCH_CONCAT_INNER(a, b) a##b
#define HITCH_CONCAT(a, b) HITCH_CONCAT_INNER(a, b)

/// `HITCH_TRY(auto fd, open_it());` declares fd, or leaves the function with the Error.
#define HITCH_TRY(decl, expr) HITCH_TRY_WITH(decl, expr, return, HITCH_CONCAT(hitch_try_, __LINE__))
/// The same in a coroutine: leaves by co_return.
#define HITCH_CO_TRY(decl, expr) \
  HITCH_TRY_WITH(decl, expr, co_return, HITCH_CONCAT(hitch_try_, __LINE__))
#define HITCH_TRY_WITH(decl, expr, leave, name) \
  auto name = (expr);                           \
  if (!name) leave std::move(name).error();     \
  decl = *std::move(name)

/// `HITCH_CHECK(do_it());` leaves the function with the Error if there is one.
#define HITCH_CHECK(expr) HITCH_CHECK_WITH(expr, return, HITCH_CONCAT(hitch_check_, __LINE__))
#define HITCH_CO_CHECK(expr) HITCH_CHECK_WITH(expr, co_return, HITCH_CONCAT(hitch_check_, __LINE__))
#define HITCH_CHECK_WITH(expr, leave, name)                       \
  do {                                                            \
    if (auto name = (expr); !name) leave std::move(name).error(); \
  } while (false)
