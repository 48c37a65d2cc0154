#pragma once

#include <optional>
#include <string>

#include "runtime/supervisor/init_process.h"

namespace hitch {

/// An init that makes its namespaces while the bundle file is still being read. Most bundles want
/// the same kind; the few others start theirs later, and this one ends.
class EarlyInit {
 public:
  /// Starts one for the calling user, in a private network. That it cannot be started is not said
  /// here: whoever needs one tries again, and says it then.
  /// @param program  path of hitch-init
  explicit EarlyInit(std::string program);
  EarlyInit(const EarlyInit&) = delete;
  EarlyInit& operator=(const EarlyInit&) = delete;
  /// Ends what has not been taken, and waits for its end.
  ~EarlyInit();

  /// Why there is none, if the machine refuses it; what it was asked for.
  const std::optional<Error>& refusal() const noexcept { return refusal_; }

  /// Gives it away, once, if it is what is wanted.
  std::optional<InitProcess> take(const InitProcess::Request& wanted);

 private:
  InitProcess::Request kind_;
  std::optional<InitProcess> process_;
  std::optional<Error> refusal_;
};

}  // namespace hitch
