#include "cli/top_sample.h"

namespace hitch {

namespace {

/// More than any terminal is wide.
constexpr std::size_t kHistoryLimit = 500;

}  // namespace

TopRow TopSampler::row_of(const introspect::Snapshot& now, const BundleRow& bundle,
                          const ServiceRow& service) {
  TopRow row;
  row.service = service;
  double percent = 0;
  for (const auto* process : processes_of(now, bundle, service)) {
    ++row.processes;
    row.threads += process->threads;
    row.memory_bytes += process->rss_bytes;
    if (!last_) continue;
    percent += introspect::cpu_percent_between(last_->find(process->pid), *process,
                                               now.taken_at() - last_->taken_at());
  }
  auto& history = history_[service.name];
  if (last_) {
    row.cpu_percent = percent;
    history.push_back(percent);
    if (history.size() > kHistoryLimit) history.pop_front();
  }
  row.history.assign(history.begin(), history.end());
  return row;
}

Result<TopSample> TopSampler::take() {
  HITCH_TRY(const auto info, client_.call("bundle.info"));
  const auto bundle = bundle_row(info);
  HITCH_TRY(auto now, introspect::Snapshot::below(bundle.init_pid));
  TopSample sample;
  sample.bundle = bundle.name;
  sample.state = bundle.state;
  sample.time = std::chrono::system_clock::now();
  for (const auto& service : bundle.services) sample.rows.push_back(row_of(now, bundle, service));
  last_ = std::move(now);
  return sample;
}

}  // namespace hitch
