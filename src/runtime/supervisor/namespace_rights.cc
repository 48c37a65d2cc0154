#include "runtime/supervisor/namespace_rights.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "runtime/supervisor/step_down.h"

namespace hitch {

namespace {

/// user_namespaces(7)
bool in_first_user_namespace() {
  std::uint32_t inside = 1, outside = 1, length = 0;
  std::ifstream("/proc/self/uid_map") >> inside >> outside >> length;
  return inside == 0 && outside == 0 && length == ~std::uint32_t{0};
}

/// A limit that is reached may be free again a moment later; one of zero is a decision, and so is
/// one of a sandbox around us, which it does not show.
bool user_namespaces_are_off() {
  int limit = -1;
  std::ifstream("/proc/sys/user/max_user_namespaces") >> limit;
  return limit == 0 || !in_first_user_namespace();
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

/// Programs look their user up in /etc/passwd, which is the machine's here: PostgreSQL does not
/// start without an entry.
PlainUser user_with_a_name() {
  const passwd* const nobody = ::getpwnam("nobody");
  return nobody != nullptr ? PlainUser{nobody->pw_uid, nobody->pw_gid} : kNobodyElse;
}

/// As whom services run that nothing else keeps from the caller's files: the caller, unless that is
/// root, and may be somebody else.
PlainUser user_of_processes(const BundleSpec& bundle) {
  const PlainUser caller{::geteuid(), ::getegid()};
  const bool wants_root = std::any_of(bundle.services.begin(), bundle.services.end(),
                                      [](const auto& service) { return service.user == "root"; });
  if (wants_root || !missing_rights_of_identity().empty()) return caller;
  const auto owner = owner_of(bundle.directory);
  return owner.uid == 0 || !exists_here(owner) ? user_with_a_name() : owner;
}

Status settle_for_processes(BundleScope* scope, const RunRequest* request, Error refusal) {
  if (::geteuid() == 0) {
    refusal = Error::because(refusal.message() + ", and root cannot do without here: it lacks " +
                             missing_rights_of_root())
                  .with_hint(refusal.hint());
  }
  HITCH_CHECK(step_down(scope, request, IsolationLevel::kProcess, refusal));
  scope->plain_user = user_of_processes(request->bundle);
  return Done{};
}

}  // namespace

bool has_no_namespaces(const EarlyInit& early) {
  const auto& refusal = early.refusal();
  return refusal && is_refusal(refusal->err()) && !missing_rights_of_root().empty();
}

Status settle_rights(BundleScope* scope, const RunRequest* request, const EarlyInit& early) {
  const auto& refusal = early.refusal();
  if (!refusal || !is_refusal(refusal->err())) return Done{};
  if (request->bundle.capabilities != 0) {
    return Error::because("'cap_add' needs a user namespace, and there is none: " +
                          refusal->message())
        .with_hint(refusal->hint());
  }
  if (!missing_rights_of_root().empty()) return settle_for_processes(scope, request, *refusal);
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
