// Any bytes as a bundle file: no crash, no hang, and what loads is rendered to what loads to the
// same. Built with clang and -fsanitize=fuzzer, or replayed over the fixtures by the unit tests.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/bundle/load.h"
#include "runtime/bundle/render.h"
#include "runtime/bundle/start_order.h"

namespace {

hitch::LoadOutcome load(std::string_view bytes) {
  const hitch::UniqueFd file(::memfd_create("bundle", MFD_CLOEXEC));
  const auto written = ::write(file.get(), bytes.data(), bytes.size());
  if (written != static_cast<ssize_t>(bytes.size()) || ::lseek(file.get(), 0, SEEK_SET) != 0) {
    std::abort();
  }
  hitch::LoadRequest request;
  request.files = {"-"};
  request.cwd = "/tmp";  // not "/", which no bundle can be in
  request.environment = {{"PATH", "/usr/bin:/bin"}, {"A", "1"}};
  request.profiles = {"*"};
  request.stdin_fd = file.get();
  return hitch::load_bundle(request);
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto outcome = load({reinterpret_cast<const char*>(data), size});
  require(outcome.ok() == outcome.diagnostics.empty());
  if (!outcome.ok()) return 0;
  const auto& services = outcome.spec->services;
  require(hitch::start_order(services).size() == services.size());
  (void)hitch::stop_groups(services);
  for (const bool json : {false, true}) {
    const auto text = json ? hitch::render_json(*outcome.spec) : hitch::render_yaml(*outcome.spec);
    const auto again = load(text);
    require(again.ok() && hitch::render_json(*again.spec) == hitch::render_json(*outcome.spec));
  }
  return 0;
}
