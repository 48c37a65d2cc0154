#include "runtime/logs/listeners.h"

#include <algorithm>

namespace hitch {

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  reset();
  owner_ = std::move(other.owner_);
  function_ = std::move(other.function_);
  return *this;
}

void Subscription::reset() noexcept {
  const auto owner = owner_.lock();
  if (const auto function = function_.lock(); owner && function) owner->remove(function);
  owner_.reset();
  function_.reset();
}

Subscription Listeners::add(std::function<void()> function) {
  auto owned = std::make_shared<Subscription::Function>(std::move(function));
  functions_.push_back(owned);
  return {weak_from_this(), owned};
}

void Listeners::notify() {
  if (in_round_) {
    another_round_ = true;
    return;
  }
  const auto self = shared_from_this();  // a listener may destroy who owns this
  in_round_ = true;
  do {
    another_round_ = false;
    // By index: calls may add functions, which then take part in the next round.
    // NOLINTNEXTLINE(modernize-loop-convert): adding a function moves the others
    for (std::size_t i = 0, count = functions_.size(); i < count; ++i) {
      const auto function = functions_[i];  // keeps it alive if it removes itself
      if (function) (*function)();
    }
  } while (another_round_);
  in_round_ = false;
  std::erase(functions_, nullptr);
}

void Listeners::remove(const std::shared_ptr<Subscription::Function>& function) noexcept {
  const auto found = std::find(functions_.begin(), functions_.end(), function);
  if (found == functions_.end()) return;
  if (in_round_) {
    found->reset();
  } else {
    functions_.erase(found);
  }
}

}  // namespace hitch
