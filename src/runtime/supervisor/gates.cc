#include "runtime/supervisor/gates.h"

#include <algorithm>
#include <utility>

namespace hitch {

namespace {

/// Takes an entry off its list, however the wait for it ends.
template <typename List>
class ListEntry {
 public:
  ListEntry(List* list, typename List::iterator place) : list_(list), place_(place) {}
  ListEntry(const ListEntry&) = delete;
  ListEntry& operator=(const ListEntry&) = delete;
  ~ListEntry() { list_->erase(place_); }
  auto* operator->() const { return &*place_; }
  auto& operator*() const { return *place_; }

 private:
  List* list_;
  typename List::iterator place_;
};

}  // namespace

json::object Gates::describe(const Held& held) {
  return {{"number", held.number}, {"at", name_of(held.gate)}, {"log_offset", held.log_offset}};
}

Task<Done> Gates::pass(std::string service, Gate gate, std::uint64_t log_offset) {
  const auto place =
      held_.insert(held_.end(), {next_number_++, std::move(service), gate, log_offset});
  const ListEntry entry(&held_, place);
  json::object event{{"service", entry->service}, {"gate", describe(*entry)}};
  events_->tell("gate", std::move(event));
  while (!entry->outcome) HITCH_CO_CHECK(co_await opened_.wait());
  co_return *entry->outcome;
}

Status Gates::open(std::int64_t number, const std::optional<std::string>& objection) {
  const auto found = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
    return held.number == number && !held.outcome;
  });
  if (found == held_.end()) {
    return Error::because("no service waits at the gate " + std::to_string(number), Kind::kUsage);
  }
  found->outcome = objection ? Status(Error::because(*objection)) : Status(Done{});
  opened_.wake_all();
  return Done{};
}

std::optional<json::object> Gates::held(const std::string& service) const {
  for (const auto& held : held_) {
    if (held.service == service && !held.outcome) return describe(held);
  }
  return std::nullopt;
}

}  // namespace hitch
