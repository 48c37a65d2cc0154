#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/clock/call_listener.h"
#include "runtime/clock/task_memory.h"

namespace hitch {

/// What became of one program's start.
enum class HookOutcome {
  kNothingToDo,  ///< the program was patched before, or is gone, or the call was none of ours
  kPatched,      ///< its clock functions are ours now
  kMapped,       ///< and it has the clock page, or a place for it: all is set up
  kSlow,         ///< it has no clock page: each reading of the wall clock is a held call. See err
  kUntouched,    ///< its memory is out of reach: readings through its vDSO show real time. See err
};

struct HookResult {
  HookOutcome outcome = HookOutcome::kNothingToDo;
  const char* step = "";  ///< what failed, as a verb with its object
  int err = 0;
};

/// Which code a held call comes from.
enum class CallOrigin {
  kProgram,
  kOriginalVdso,  ///< the kernel's clock function, which may make the system call after all
  kBlob,          ///< the code that was put behind it
  kUnknown,       ///< the task cannot be looked at
};

/// Puts hitch's clock functions into programs while these are held in one of the first system calls
/// of their life. Every failure leaves the program running. docs/clock.md
class ExecHook {
 public:
  /// Prepares the patch from this process's own vDSO.
  /// @return an Error if the vDSO is not as it should be, or has no room
  static Result<ExecHook> create();

  /// For brk(NULL) and arch_prctl(ARCH_SET_FS). The call is to be let through after that.
  HookResult start(const CallListener& listener, const HeldCall& call);
  /// For close(kCloseToGetPage): boot asks for the page. Answers the call.
  HookResult give_page(const CallListener& listener, const HeldCall& call, int page_fd);
  /// For close(kCloseToSetPage): boot could not map it where it should be. Answers the call.
  HookResult set_page(const CallListener& listener, const HeldCall& call);

  CallOrigin origin(const HeldCall& call) const noexcept;

 private:
  /// An instruction that jumps to an address behind it.
  static constexpr std::size_t kJumpBytes = 14;
  using Jump = std::array<std::byte, kJumpBytes>;
  static Jump jump_to(std::uint64_t address) noexcept;
  /// A program between its patch and the end of boot. What it costs to find again is kept.
  struct Booting {
    std::uint64_t vdso = 0;
    std::uint64_t resume = 0;  ///< where the program goes on after boot
    Jump saved{};              ///< what the jump to boot has replaced there
    TaskMemory memory;
  };
  /// Each is a descriptor. After the first number of starts those are forgotten that were killed
  /// before boot was over, and then after twice as many as are left.
  static constexpr std::size_t kSweepAfter = 32;
  static constexpr std::size_t kMostBooting = 512;

  ExecHook() = default;
  bool is_known_to_be_patched(pid_t task) const;
  void forget_page(const Booting& program) const noexcept;
  /// The program that a call of boot comes from; null if it is not one.
  const Booting* booting(const CallListener& listener, const HeldCall& call);
  void remember(pid_t tid, Booting program);
  /// One that there was no room to remember: what is needed stands in its own memory.
  std::optional<Booting> recall(const HeldCall& call) const;
  HookResult patch(Booting& program) const;
  std::uint64_t blob_address(std::uint64_t vdso) const noexcept { return vdso + blob_at_; }
  bool is_from_blob(const HeldCall& call, std::uint64_t vdso) const noexcept;

  std::map<pid_t, Booting> booting_;
  std::size_t sweep_at_ = kSweepAfter;
  /// Where the vDSOs of tasks were that have made one of these calls: most make several.
  std::unordered_map<pid_t, std::uint64_t> vdso_of_;
  static constexpr std::size_t kMostKnown = 4096;
  std::vector<std::byte> head_;     ///< the first bytes of the vDSO, to know it again
  std::vector<std::byte> symbols_;  ///< the part with the symbols, as it shall be
  std::size_t symbols_at_ = 0;
  std::size_t blob_at_ = 0;  ///< behind the library
  std::uint64_t below_ = 0;  ///< so far below the library goes the clock page
  std::uint64_t bias_ = 0;   ///< from a place in the image to an address
  std::uint64_t clock_gettime_ = 0;
};

}  // namespace hitch
