#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/service_processes.h"

namespace hitch {

/// What the processes of one service use, together.
struct TopRow {
  ServiceRow service;
  std::size_t processes = 0;
  int threads = 0;
  std::optional<double> cpu_percent;  ///< of one processor; nothing in the first sample
  std::uint64_t memory_bytes = 0;     ///< resident; pages that are shared count for each
  std::vector<double> history;        ///< cpu_percent of the samples so far, the last one last
};

/// A bundle at one moment.
struct TopSample {
  std::string bundle, state;
  std::chrono::system_clock::time_point time;
  std::vector<TopRow> rows;  ///< as in the bundle file
};

/// Looks at a bundle again and again. Reads /proc when it is asked, and only then.
class TopSampler {
 public:
  /// @param client  outlives it
  explicit TopSampler(ControlClient& client) : client_(client) {}

  /// @return an Error when the bundle has ended: ended() tells
  Result<TopSample> take();
  bool ended() const noexcept { return client_.is_closed(); }

 private:
  TopRow row_of(const introspect::Snapshot& now, const BundleRow& bundle,
                const ServiceRow& service);

  ControlClient& client_;
  std::optional<introspect::Snapshot> last_;
  std::map<std::string, std::deque<double>> history_;  ///< by service
};

}  // namespace hitch
