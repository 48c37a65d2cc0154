#include "runtime/client/failure.h"

namespace hitch {

namespace {

/// As docs/control.md names them.
const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kUsage:
      return "usage";
    case Kind::kTimeout:
      return "timeout";
    case Kind::kNotRunnable:
      return "not_runnable";
    case Kind::kNotFound:
      return "not_found";
    case Kind::kInterrupted:
      return "interrupted";
    case Kind::kEnvironment:
      break;
  }
  return "environment";
}

}  // namespace

void throw_refusal(const Error& error) {
  throw client::RequestFailed(sentence_of(error), name_of(error.kind()));
}

}  // namespace hitch
