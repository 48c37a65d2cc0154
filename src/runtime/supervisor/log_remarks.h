#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "runtime/control/target.h"
#include "runtime/logs/store.h"

namespace hitch {

/// The name under which clients write into the log themselves. No service can have it.
inline constexpr std::string_view kTestService = "Test";

/// Writes into the log what clients have to say, with one stream for each source.
class RemarkStreams {
 public:
  /// @param services  the names that there are
  /// @return an Error of kind kUsage if there is no such service, phase or stream
  Status add(LogStore* log, std::span<const std::string_view> services, const LogRemark& remark);

 private:
  using Key = std::tuple<std::string, Phase, OutputStream>;
  std::map<Key, StreamId> streams_;
};

}  // namespace hitch
