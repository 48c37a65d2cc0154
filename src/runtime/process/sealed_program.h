#pragma once

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Whether programs are run from sealed copies here: HITCH_SEAL_INIT is "1", or this kernel lets
/// the file of a program be written to while it runs, as Linux 6.11 does, and 6.12 before 6.12.2.
/// Elsewhere that gives ETXTBSY, and a copy would cost a bundle time and memory for nothing.
bool wants_sealed_programs();

/// A copy of a program in memory that nobody can change, to be run by execveat(2) with
/// AT_EMPTY_PATH. memfd_create(2), fcntl_sealing(2)
/// @return close-on-exec; an Error that names the program, or that the machine refuses such copies
Result<UniqueFd> sealed_copy_of(const std::string& program);

}  // namespace hitch
