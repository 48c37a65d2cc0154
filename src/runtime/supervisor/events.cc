#include "runtime/supervisor/events.h"

#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <vector>

namespace hitch {

namespace {

std::string now_text() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  const auto size = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1'000'000 + micros % 1'000'000);
  return std::string(date.data(), size) + '.' + fraction.substr(1) + 'Z';
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
