#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace injector {

/// What a traced process is to hitch.
enum class Role {
  kUnknown,  ///< its creator has not said yet
  kHitch,    ///< the supervisor, with all its threads
  kEarly,    ///< a child of the supervisor that has not executed anything yet
  kInit,     ///< hitch-init
  kChild,    ///< a child of hitch-init that has not executed anything yet
};
const char* name_of(Role role);

/// One system call as a process is about to make it.
struct Call {
  Role role{};
  pid_t pid = 0;
  std::string name;
  std::array<std::uint64_t, 6> arguments{};
};

/// A fault: which call it is about, and what happens instead of it. Written as words,
/// "role=init call=prctl|capset arg0=38 nth=1 fail=EPERM":
/// - role  hitch, early, init, child or any
/// - call  names with | between them, or *
/// - argN  the argument has this value (0x… too); argN& : has all of these bits
/// - text  argN is a string that contains this: text1=/proc/sys
/// - nth   counted from 1 over all matching calls; all: each of them
/// - fail  the call is not made, and gives this errno
/// - skip  the call is not made, and gives 0 (or skip=VALUE)
/// - put   the call is made with other 8 bytes in its memory: put2+16=0 at 16 behind argument 2
/// - add   the call is made with more than its argument: add1=1
/// - kill  the process that is about to make it gets SIGKILL; kill=hitch, kill=init, kill=both
struct Rule {
  enum class Action { kFail, kSkip, kChange, kKill };
  struct Wanted {
    unsigned argument = 0;
    std::uint64_t value = 0;
    bool bits = false;
    std::string text{};
  };

  struct Change {
    unsigned argument = 0;
    std::optional<std::uint64_t> offset;  ///< none: it is the argument that is changed
    std::uint64_t value = 0;
  };

  std::optional<Role> role;
  std::vector<std::string> calls;  ///< empty: any
  std::vector<Wanted> arguments;
  unsigned long nth = 0;  ///< 0: all
  Action action{};
  long result = 0;              ///< of kFail and kSkip: what the call returns
  std::vector<Change> changes;  ///< of kChange
  std::string victims;          ///< of kKill
  unsigned long seen = 0;

  /// @return nothing if the text is no rule; why is on stderr then
  static std::optional<Rule> parse(const std::string& text);
  /// Counts the call if it is one that is meant. @return whether it is the call to meddle with
  bool strikes(const Call& call);

 private:
  bool matches(const Call& call) const;
};

}  // namespace injector
