#pragma once

#include <string_view>

namespace hitch {

/// What a shell has to read so that it completes words of hitch. The script asks hitch itself what
/// there is (`hitch completion --next -- WORD…`), so it is never older than the program.
/// @param shell  bash, zsh or fish; else there is none
std::string_view completion_script(std::string_view shell);

}  // namespace hitch
