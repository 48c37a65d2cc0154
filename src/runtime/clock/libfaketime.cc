#include "runtime/clock/libfaketime.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

/// Not libfaketimeMT.so.1: it holds a mutex over a fork.
constexpr std::array<const char*, 6> kPlaces{"/usr/local/lib/faketime/libfaketime.so.1",
                                             "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                             "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
                                             "/usr/lib64/faketime/libfaketime.so.1",
                                             "/usr/lib/faketime/libfaketime.so.1",
                                             "/usr/lib/libfaketime.so.1"};

/// The settings for a clock that changes while programs run. FAKETIME has to be unset: it would
/// come first. The symbols are those of which a wrapper is known to call itself.
constexpr std::array<std::string_view, 8> kSettings{
    "FAKETIME_NO_CACHE=1",
    "FAKETIME_DONT_FAKE_MONOTONIC=1",
    "FAKETIME_FORCE_MONOTONIC_FIX=0",
    "NO_FAKE_STAT=1",
    "FAKETIME_DONT_RESET=1",
    "FAKETIME_DISABLE_SHM=1",
    "FAKETIME_FMT=%s",
    "FAKETIME_IGNORE_SYMBOLS=__ftime,clock_gettime64,__clock_gettime64,timer_settime@GLIBC_2.2,"
    "timer_gettime@GLIBC_2.2"};

/// It has no version in it; this name came with 0.9.11.
bool knows_shm_setting(const std::string& library) {
  std::ifstream file(library, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return bytes.find("FAKETIME_DISABLE_SHM") != std::string::npos;
}

/// "-0.500000000"
std::string decimal(ClockTime time) {
  const bool negative = time.sec < 0;
  if (negative)
    time = {-time.sec - (time.nsec > 0 ? 1 : 0), time.nsec > 0 ? 1'000'000'000 - time.nsec : 0};
  std::array<char, 64> text;
  const int n = std::snprintf(text.data(), text.size(), "%s%lld.%09lld", negative ? "-" : "+",
                              static_cast<long long>(time.sec), static_cast<long long>(time.nsec));
  return {text.data(), static_cast<std::size_t>(n)};
}

}  // namespace

Result<Libfaketime> find_libfaketime() {
  for (const std::string place : kPlaces) {
    if (::access(place.c_str(), R_OK) == 0) return Libfaketime{place, !knows_shm_setting(place)};
  }
  return Error::because("libfaketime is not there")
      .with_hint("install libfaketime (Debian package libfaketime)");
}

Status can_show(const BundleClock& clock) {
  if (clock.rate() != kRateOne) {
    return Error::because("libfaketime has no rate for programs that run already", Kind::kUsage)
        .with_hint("'clock: {backend: vdso}' has one");
  }
  if (clock.frozen() && clock.setting().fake_anchor.sec < 0) {
    return Error::because("libfaketime cannot stand still before the year 1970", Kind::kUsage);
  }
  return Done{};
}

std::string clock_file_text(const ClockSetting& setting) {
  switch (setting.mode) {
    case ClockMode::kShift:
      return decimal(setting.shift) + "\n";
    case ClockMode::kFrozen:
      return std::to_string(setting.fake_anchor.sec) + "\n";  // an absolute time stands still
    default:
      return "+0\n";
  }
}

void preload(const Libfaketime& library, const std::string& clock_file,
             std::vector<std::string>& environment) {
  static constexpr std::string_view kPreload = "LD_PRELOAD=";
  std::string libraries = library.path;
  for (const auto& variable : environment) {
    if (variable.starts_with(kPreload)) libraries += ':' + variable.substr(kPreload.size());
  }
  std::erase_if(environment, [](const std::string& variable) {
    return variable.starts_with(kPreload) || variable.starts_with("FAKETIME=");
  });
  environment.push_back(std::string(kPreload) + libraries);
  environment.push_back("FAKETIME_TIMESTAMP_FILE=" + clock_file);
  environment.insert(environment.end(), kSettings.begin(), kSettings.end());
}

Status check_pair(const Libfaketime& library, const std::string& program) {
  if (!library.is_old) return Done{};
  const std::string name = fs::path(program).filename().native();
  const auto is = [&](std::string_view known) { return name.starts_with(known); };
  const char* what = nullptr;
  if (is("redis-server")) what = "hangs when it starts";
  if (is("python3")) what = "cannot sleep";
  if (what == nullptr) return Done{};
  return Error::because(in_quotes(name) + ' ' + what + " with this version of libfaketime, " +
                        in_quotes(library.path))
      .with_hint("libfaketime 0.9.11 or later, 'clock: {backend: vdso}', or 'clock: real' for it");
}

Reach reach_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Elf64_Ehdr head{};
  if (!file.is_open() || ::pread(file.get(), &head, sizeof head, 0) != sizeof head) {
    return Reach::kReachable;
  }
  const std::string_view magic(reinterpret_cast<const char*>(head.e_ident), SELFMAG);
  if (magic != ELFMAG || head.e_ident[EI_CLASS] != ELFCLASS64) return Reach::kReachable;
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr part{};
    const auto at = static_cast<off_t>(head.e_phoff + i * sizeof part);
    if (::pread(file.get(), &part, sizeof part, at) != sizeof part) return Reach::kReachable;
    if (part.p_type != PT_INTERP) continue;
    std::array<char, 256> loader{};  // "/lib/ld-musl-x86_64.so.1"
    const auto size = std::min<std::size_t>(part.p_filesz, loader.size());
    const ssize_t n = ::pread(file.get(), loader.data(), size, static_cast<off_t>(part.p_offset));
    const std::string_view name(loader.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    const bool is_musl = name.find("ld-musl") != std::string_view::npos;
    return is_musl ? Reach::kOtherLibc : Reach::kReachable;
  }
  return Reach::kStatic;
}

}  // namespace hitch
