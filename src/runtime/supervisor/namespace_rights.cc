#include "runtime/supervisor/namespace_rights.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "runtime/supervisor/step_down.h"

namespace hitch {

namespace {

/// A limit that is reached may be free again a moment later; one of zero is a decision.
bool user_namespaces_are_off() {
  int limit = -1;
  std::ifstream("/proc/sys/user/max_user_namespaces") >> limit;
  return limit == 0;
}

/// Whether that is how a machine says that it gives nobody a user namespace. clone(2)
bool is_refusal(int err) {
  return err == EPERM || err == EACCES || err == EINVAL ||
         (err == ENOSPC && user_namespaces_are_off());
}

PlainUser owner_of(const std::filesystem::path& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return {};
  return {info.st_uid, info.st_gid};
}

}  // namespace

Status settle_rights(BundleScope* scope, const RunRequest* request, const EarlyInit& early) {
  const auto& refusal = early.refusal();
  if (!refusal || !is_refusal(refusal->err())) return Done{};
  if (const auto missing = missing_rights_of_root(); !missing.empty()) {
    if (::geteuid() != 0) return *refusal;
    return Error::because(refusal->message() + ", and root cannot do without here: it lacks " +
                          missing)
        .with_hint(refusal->hint());
  }
  if (request->bundle.network == NetworkMode::kOutbound) {
    return Error::because("'network: outbound' needs a user namespace, and there is none: " +
                          refusal->message())
        .with_hint(refusal->hint());
  }
  HITCH_CHECK(step_down(scope, request, IsolationLevel::kRealRoot, *refusal));
  scope->plain_user = plain_user_for(owner_of(request->bundle.directory));
  return Done{};
}

}  // namespace hitch
