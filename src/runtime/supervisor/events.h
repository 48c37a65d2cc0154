#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "runtime/control/json.h"

namespace hitch {

/// What happens in a run, for those who want to hear it. Belongs to one thread.
class Events {
 public:
  using Hear = std::function<void(const json::object&)>;

  Events() : hearers_(std::make_shared<Hearers>()) {}

  /// Calls `hear` until what is returned is destroyed, which may be after this.
  std::shared_ptr<void> add(Hear hear);
  /// Tells of something; `time` is added: RFC 3339, in UTC, with microseconds.
  void tell(std::string_view type, json::object event);

 private:
  struct Hearers {
    std::map<int, Hear> by_number;
    int next = 0;
  };
  std::shared_ptr<Hearers> hearers_;
};

}  // namespace hitch
