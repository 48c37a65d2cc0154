#include "runtime/supervisor/early_init.h"

#include <unistd.h>

#include <utility>

namespace hitch {

EarlyInit::EarlyInit(std::string program)
    : kind_{.program = std::move(program),
            .private_network = true,
            .ids = {.outside_uid = ::geteuid(), .outside_gid = ::getegid()}} {
  auto started = InitProcess::start(kind_);
  if (started) {
    process_ = *std::move(started);
  } else {
    refusal_ = started.error();
  }
}

EarlyInit::~EarlyInit() {
  if (process_) process_->end();
}

std::optional<InitProcess> EarlyInit::take(const InitProcess::Request& wanted) {
  if (!(wanted == kind_)) return std::nullopt;
  return std::exchange(process_, std::nullopt);
}

}  // namespace hitch
