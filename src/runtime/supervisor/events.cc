#include "runtime/supervisor/events.h"

#include <chrono>
#include <string>
#include <vector>

#include "runtime/base/utc_time.h"

namespace hitch {

namespace {

std::string now_text() {
  std::string text;
  append_utc(std::chrono::system_clock::now().time_since_epoch(), text);
  return text;
}

}  // namespace

std::shared_ptr<void> Events::add(Hear hear) {
  const int number = hearers_->next++;
  hearers_->by_number.emplace(number, std::move(hear));
  const std::weak_ptr<Hearers> weak = hearers_;
  return {nullptr, [weak, number](void*) {
            if (const auto hearers = weak.lock()) hearers->by_number.erase(number);
          }};
}

void Events::tell(std::string_view type, json::object event) {
  if (hearers_->by_number.empty()) return;
  event["type"] = type;
  event["time"] = now_text();
  std::vector<Hear> hearers;  // one may leave while it hears
  for (const auto& [number, hear] : hearers_->by_number) hearers.push_back(hear);
  for (const auto& hear : hearers) hear(event);
}

}  // namespace hitch
