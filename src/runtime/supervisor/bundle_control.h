#pragma once

#include <functional>
#include <map>
#include <string>

#include "runtime/control/target.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/log_remarks.h"
#include "runtime/supervisor/run_request.h"
#include "runtime/supervisor/service_run.h"

namespace hitch {

/// What of a run its control needs.
struct ControlledRun {
  BundleScope* scope = nullptr;
  const RunRequest* request = nullptr;
  const ServiceRuns* services = nullptr;
  const std::multimap<std::string, std::string>* published = nullptr;  ///< by service
  std::function<std::string()> state;        ///< of the bundle, as in BundleInfo
  std::function<void(std::string by)> stop;  ///< as SIGTERM does
  std::function<void(ServiceRun*)> start;    ///< lets a service that is over live again
  std::function<Error()> why_it_ended;       ///< of a bundle that is not ready any more
};

/// Carries out what clients ask of a bundle that runs.
class BundleControl final : public ControlTarget {
 public:
  explicit BundleControl(ControlledRun run) : run_(std::move(run)) {}

  BundleInfo info(bool with_usage) const override;
  Task<Done> wait_ready() override;
  void stop(std::string by) override { run_.stop(std::move(by)); }
  Task<Done> start_service(std::string name) override;
  Task<Done> stop_service(std::string name) override;
  Status signal_service(const std::string& name, int signal) override;
  Status pause_service(const std::string& name) override;
  Status resume_service(const std::string& name) override;
  Task<int> wait_service(std::string name) override;
  Task<std::shared_ptr<ExecHandle>> exec(ExecRequest request) override;
  Status open_gate(std::int64_t number, const std::optional<std::string>& objection) override;
  Result<TimeInfo> time() const override;
  Task<TimeInfo> change_time(TimeChange change) override;
  Result<UniqueFd> open_log() const override;
  Result<std::shared_ptr<LogFeed>> follow_log(LogWish wish) const override;
  Status add_to_log(const LogRemark& remark) override;
  std::shared_ptr<void> on_event(OnEvent hear) override;

 private:
  Result<ServiceRun*> find(const std::string& name) const;
  Result<BundleTime*> own_time() const;
  std::vector<std::string_view> names() const;
  /// An Error once the bundle is being taken down.
  Status require_running() const;

  ControlledRun run_;
  RemarkStreams remarks_;
  Clock::time_point began_ = Clock::now();
};

}  // namespace hitch
