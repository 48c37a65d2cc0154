#include "introspect/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "introspect/directory_names.h"
#include "introspect/machine.h"
#include "introspect/process_state.h"

namespace hitch::introspect {

namespace {

/// The kernel cuts names at 15 bytes.
constexpr std::size_t kNameLimit = 15;

/// Where a terminal of this number is found: those with a name of the common form, as
/// Documentation/admin-guide/devices.txt of the kernel has them.
std::string usual_terminal(dev_t number) {
  constexpr unsigned kConsoles = 4, kFirstPts = 136, kLastPts = 143, kSerialMinor = 64;
  const auto major_number = major(number), minor_number = minor(number);
  if (major_number >= kFirstPts && major_number <= kLastPts) {
    const auto index = (major_number - kFirstPts) * 256 + minor_number;
    return "/dev/pts/" + std::to_string(index);
  }
  if (major_number != kConsoles) return {};
  if (minor_number < kSerialMinor) return "/dev/tty" + std::to_string(minor_number);
  return "/dev/ttyS" + std::to_string(minor_number - kSerialMinor);
}

bool is_terminal(int root, const std::string& path, dev_t number) {
  struct stat status;
  return ::fstatat(root, path.c_str(), &status, 0) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == number;
}

/// psutil's guess at a program that may not be seen.
bool is_program(const std::string& path) {
  struct stat status;
  return path.starts_with('/') && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Process::Process(pid_t pid, std::uint64_t start_ticks)
    : pid_(pid),
      start_ticks_(start_ticks),
      state_(std::make_unique<ProcessState>(pid, start_ticks)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;
Process::~Process() = default;

Answer<Process> Process::open(pid_t pid) {
  Process process(pid, 0);
  HITCH_TRY(const auto* stat, process.state_->stat());
  process.start_ticks_ = stat->start_time;
  return process;
}

Answer<Process> Process::current() {
  return open(::getpid());
}

Process::Oneshot::Oneshot(ProcessState* state) noexcept : state_(state) {
  state_->begin();
}
Process::Oneshot::~Oneshot() {
  state_->end();
}

Answer<std::string> Process::name() const {
  HITCH_TRY(const auto* stat, state_->stat());
  std::string name(stat->comm);
  if (name.size() < kNameLimit) return name;
  const auto words = state_->cmdline();
  if (!words) {
    if (words.error().kind() == ProcessErrorKind::kNoSuchProcess) return words.error();
    return name;
  }
  if ((*words)->empty()) return name;
  const std::string_view first = (*words)->front();
  const auto base = first.substr(first.rfind('/') + 1);  // npos + 1 is 0
  return base.starts_with(name) ? std::string(base) : name;
}

Answer<std::string> Process::exe() const {
  HITCH_TRY(const auto* own, state_->directory());
  auto path = own->link("exe");
  if (path) {
    own->strip_deleted(*path);
    return path;
  }
  const auto kind = path.error().kind();
  const bool has_none = kind == ProcessErrorKind::kZombieProcess ||
                        (kind == ProcessErrorKind::kOther && path.error().err() == ENOENT);
  if (kind != ProcessErrorKind::kAccessDenied && !has_none) return path;
  const auto words = state_->cmdline();
  if (words && !(*words)->empty() && is_program((*words)->front())) return (*words)->front();
  return has_none ? std::string() : std::move(path);
}

Answer<std::vector<std::string>> Process::cmdline() const {
  HITCH_TRY(const auto* words, state_->cmdline());
  return *words;
}

Answer<std::map<std::string, std::string>> Process::environ() const {
  HITCH_TRY(const auto text, state_->text("environ"));
  return split_environ(text);
}

Answer<std::string> Process::cwd() const {
  HITCH_TRY(const auto* own, state_->directory());
  HITCH_TRY(auto path, own->link("cwd"));
  own->strip_deleted(path);
  return path;
}

Answer<std::string> Process::status() const {
  HITCH_TRY(const auto* stat, state_->stat());
  return std::string(status_word(stat->state));
}

Answer<double> Process::create_time() const {
  return static_cast<double>(start_ticks_) / ticks_per_second() + boot_time();
}

Answer<Ids<uid_t>> Process::uids() const {
  HITCH_TRY(const auto* status, state_->status());
  return status->uids;
}

Answer<Ids<gid_t>> Process::gids() const {
  HITCH_TRY(const auto* status, state_->status());
  return status->gids;
}

Answer<std::string> Process::username() const {
  HITCH_TRY(const auto* status, state_->status());
  return user_name(status->uids.real);
}

Answer<std::optional<std::string>> Process::terminal() const {
  HITCH_TRY(const auto* stat, state_->stat());
  if (stat->terminal == 0) return std::optional<std::string>();
  const auto number = static_cast<dev_t>(stat->terminal);
  // As the process sees it, for its /dev/pts may be one of its own; else as we do.
  HITCH_TRY(const auto* own, state_->directory());
  UniqueFd root(::openat(own->fd(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) root.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto usual = usual_terminal(number);
  if (!usual.empty() && is_terminal(root.get(), usual.substr(1), number))
    return std::optional(usual);
  const UniqueFd directory(::openat(root.get(), "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DirectoryNames names(directory.get());
  while (const char* name = names.next()) {
    if (std::string_view(name).starts_with("tty") && is_terminal(directory.get(), name, number)) {
      return std::optional("/dev/" + std::string(name));
    }
  }
  return std::optional<std::string>();
}

bool Process::is_running() const {
  const auto own = state_->directory();
  return own && (*own)->exists();
}

}  // namespace hitch::introspect
