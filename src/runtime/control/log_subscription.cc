#include "runtime/control/log_subscription.h"

#include <boost/asio/post.hpp>
#include <string>
#include <utility>

namespace hitch {

namespace {

/// So many lines at a time, then it is somebody else's turn on the loop.
constexpr int kLinesAtATime = 128;

std::string line_notification(std::int64_t number, const std::string& record) {
  return R"({"jsonrpc":"2.0","method":"log","params":{"subscription":)" + std::to_string(number) +
         ",\"record\":" + record + "}}\n";
}

}  // namespace

Task<Done> pass_on_log(ClientState* client, std::int64_t number, std::shared_ptr<LogFeed> feed) {
  for (int lines = 1; client->feeds.contains(number); ++lines) {
    // Right before each line: a client may have many subscriptions.
    HITCH_CO_CHECK(co_await client->connection->caught_up());
    HITCH_CO_TRY(const auto record, feed->next());
    if (!record) {
      HITCH_CO_CHECK(co_await feed->more());
      continue;
    }
    client->connection->send(line_notification(number, *record));
    if (lines % kLinesAtATime == 0) co_await asio::post(asio::use_awaitable);
  }
  co_return Done{};
}

}  // namespace hitch
