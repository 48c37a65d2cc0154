#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace hitch {

class Listeners;

/// Keeps a listener called; destroying it, or reset(), ends that. Belongs to one thread.
class Subscription {
 public:
  Subscription() noexcept = default;
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription() { reset(); }

  void reset() noexcept;
  bool is_active() const noexcept { return !function_.expired(); }

 private:
  friend class Listeners;
  using Function = std::function<void()>;
  Subscription(std::weak_ptr<Listeners> owner, std::weak_ptr<Function> function)
      : owner_(std::move(owner)), function_(std::move(function)) {}

  std::weak_ptr<Listeners> owner_;
  std::weak_ptr<Function> function_;
};

/// Functions to call when something has happened. They may add and remove any of them in a call.
class Listeners : public std::enable_shared_from_this<Listeners> {
 public:
  [[nodiscard]] Subscription add(std::function<void()> function);
  /// Calls all. Called from within a call, it makes the outer call do another round instead.
  void notify();

 private:
  friend class Subscription;
  void remove(const std::shared_ptr<Subscription::Function>& function) noexcept;

  std::vector<std::shared_ptr<Subscription::Function>> functions_;  ///< null: removed in a round
  bool in_round_ = false;
  bool another_round_ = false;
};

}  // namespace hitch
