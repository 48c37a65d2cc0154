#include "runtime/base/installed.h"

#include <system_error>

namespace hitch {

const std::filesystem::path& installed_prefix() {
  static const auto prefix = [] {
    std::error_code ec;  // without /proc nothing works: what looks for the parts will say so
    return std::filesystem::read_symlink("/proc/self/exe", ec).parent_path().parent_path();
  }();
  return prefix;
}

std::filesystem::path installed_program(std::string_view name) {
  return installed_prefix() / HITCH_LIBEXEC_DIR / name;
}

}  // namespace hitch
