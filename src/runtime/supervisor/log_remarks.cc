#include "runtime/supervisor/log_remarks.h"

#include <algorithm>
#include <vector>

#include "runtime/supervisor/log_feed.h"

namespace hitch {

Status RemarkStreams::add(LogStore* log, std::span<const std::string_view> services,
                          const LogRemark& remark) {
  std::vector<std::string_view> known(services.begin(), services.end());
  known.push_back(kTestService);
  if (std::find(known.begin(), known.end(), remark.service) == known.end()) {
    return unknown_in_log("service", remark.service, known);
  }
  HITCH_TRY(const Phase phase, phase_named(remark.phase));
  HITCH_TRY(const OutputStream output, output_named(remark.stream));
  const Key key{remark.service, phase, output};
  auto found = streams_.find(key);
  if (found == streams_.end()) {
    const auto stream = log->open_stream({remark.service, output, phase});
    found = streams_.emplace(key, stream).first;
  }
  return log->append_line(found->second, remark.text);
}

}  // namespace hitch
