#pragma once

namespace hitch {

/// Whether colours are printed. "auto" has been decided by the command line before this.
enum class ColorMode { kNever, kAlways };

/// What reads what we print. A terminal obeys control sequences; anything else gets raw bytes.
/// kJson: a program that wants one JSON object a line.
enum class Destination { kTerminal, kRaw, kJson };

}  // namespace hitch
