#pragma once

#include <functional>
#include <system_error>
#include <thread>

#include "runtime/base/result.h"

namespace hitch {

/// A thread that is joined by its destructor; an Error where the system refuses one, for example by
/// RLIMIT_NPROC. pthread_create(3)
inline Result<std::jthread> start_thread(std::function<void()> work) {
  try {
    return std::jthread(std::move(work));
  } catch (const std::system_error& error) {
    return Error::from_errno(error.code().value(), "start a thread");
  }
}

}  // namespace hitch
