#pragma once

#include <cstdint>
#include <string>

#include "cli/log_view.h"

namespace hitch {

/// How `hitch logs` prints a line.
class LineStyle {
 public:
  enum class Form {
    kTitled,      ///< "[       Django] text"
    kBare,        ///< the text alone
    kRecord,      ///< a JSON object with all that the log knows
    kJson,        ///< the value in a line that is JSON, compact
    kJsonRecord,  ///< the object, with the value
  };

  LineStyle(Form form, LogView view, Destination destination, ColorMode colors, TimeColumn times)
      : form_(form),
        view_(std::move(view)),
        destination_(destination),
        colors_(colors),
        times_(times) {}

  /// Appends a line with its newline.
  /// @return false, and nothing appended, if the form is one of JSON lines and this is none
  bool add(const LogLine& line, std::string& out);

  /// How many lines were too long to tell whether they are JSON.
  std::uint64_t too_long() const noexcept { return too_long_; }

 private:
  bool is_json(const LogLine& line);
  void add_bare(const LogLine& line, std::string& out) const;

  Form form_;
  LogView view_;
  Destination destination_;
  ColorMode colors_;
  TimeColumn times_;
  std::string value_;
  std::uint64_t too_long_ = 0;
};

}  // namespace hitch
