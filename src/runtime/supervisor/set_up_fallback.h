#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "runtime/data/leased_dir.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/bundle_space.h"
#include "runtime/supervisor/root_preparer.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// What a run does without that the kernel refuses here: a fresh /proc, in most containers,
/// overlays, as it is too old, a security module forbids them, or a file system cannot be a lower
/// layer, and the bundle's clock in the vDSO of programs. Found out by trying, so that a machine
/// that has all pays nothing. docs/decisions/011-without-overlays.md, docs/isolation.md,
/// docs/time.md
class SetUpFallback {
 public:
  SetUpFallback(BundleScope* scope, const RunRequest* request, RootPreparer* roots)
      : scope_(scope), request_(request), roots_(roots) {}

  /// Builds the insides of `space`; in a fresh one that takes its place, and without the overlay
  /// in question, as often as one is refused. `scope` knows the latest init.
  /// @param request  of `space`; is changed to what was built in the end
  /// @return an Error also if there is no way to do without, or after stop()
  Task<Done> set_up(std::unique_ptr<BundleSpace>* space, BundleSpace::Request* request);
  /// How long copying took: like preparing, it is no part of what a start may take.
  Clock::duration time_copying() const noexcept { return time_copying_; }
  /// Ends copying; set_up() returns soon.
  void stop() noexcept;

 private:
  void do_without_host_name(int err, BundleSpace::Request* request);
  Status do_without_proc(const Error& refusal, LayoutRequest* layout);
  /// Changes `layout` to one that needs no overlay at `target`.
  Task<Done> do_without(std::string target, Error refusal, LayoutRequest* layout);
  Status do_without_vdso(const Error& refusal, BundleSpace::Request* request);
  /// A copy of `source`, of this run's own.
  /// @param target  where an overlay was refused
  /// @param what    it is, to go on "this run has "
  /// @return where it is
  Task<std::string> copy(std::string source, std::string target, std::string what, int err);
  Task<Done> copy_root(LayoutRequest::Root* root, int err);
  Task<Done> copy_data(LayoutRequest::Prepared* prepared, int err);
  Task<Done> replace(std::unique_ptr<BundleSpace>* space, const BundleSpace::Request* request);

  BundleScope* scope_;
  const RunRequest* request_;
  RootPreparer* roots_;
  std::optional<LeasedDir> copies_;  ///< of this run; made when it is needed
  int copy_number_ = 0;
  Clock::duration time_copying_{};
  std::optional<std::string> read_only_home_;  ///< known to be refused
  bool shared_proc_ = false;                   ///< a fresh one is known to be
  std::optional<std::string> machines_name_;   ///< the bundle's is known to be
  std::stop_source stop_;
};

}  // namespace hitch
