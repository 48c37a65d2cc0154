#pragma once

#include <string>
#include <string_view>

#include "cli/color_mode.h"

namespace hitch {

/// Makes the text of a line harmless for a terminal. What is dangerous is shown, not removed:
/// control characters, DEL and invalid UTF-8 as \xNN, a carriage return as \r, C1 controls, bidi
/// controls and Unicode's own line ends as \uNNNN. Tabs stay. Of escape sequences only colours
/// (SGR, ECMA-48 8.3.117) stay, or vanish with ColorMode::kNever; of all others the ESC is shown,
/// which disarms them. The carriage return of a CR LF line end vanishes.
///
/// The text may come in pieces, cut anywhere.
class SafeText {
 public:
  explicit SafeText(ColorMode colors) noexcept : colors_(colors) {}

  /// Appends a piece of the line to `out`; holds back at most a few bytes of a sequence whose end
  /// is yet to come.
  void add(std::string_view piece, std::string& out);

  /// Ends the line: appends what was held back.
  /// @return whether the line has set colours, which have to be reset now
  [[nodiscard]] bool finish(std::string& out);

 private:
  std::size_t take(std::string_view text, std::string& out);
  std::size_t take_escape(std::string_view text, std::string& out);
  static std::size_t take_unicode(std::string_view text, std::string& out);

  ColorMode colors_;
  bool has_colors_ = false;
  std::string held_;  ///< the beginning of a sequence
};

}  // namespace hitch
