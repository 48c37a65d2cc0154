#include "cli/line_style.h"

#include "cli/compact_json.h"
#include "runtime/base/utc_time.h"
#include "runtime/logs/json_record.h"
#include "runtime/logs/json_text.h"

namespace hitch {

bool LineStyle::add(const LogLine& line, std::string& out) {
  switch (form_) {
    case Form::kTitled:
      view_.add(line, out);
      return true;
    case Form::kBare:
      add_bare(line, out);
      return true;
    case Form::kRecord:
      append_json_record(line, {}, out);
      break;
    case Form::kJson:
      if (!is_json(line)) return false;
      append_compact_json(line.text, out);
      break;
    case Form::kJsonRecord:
      if (!is_json(line)) return false;
      value_.clear();
      append_compact_json(line.text, value_);
      append_json_record(line, value_, out);
      break;
  }
  out += '\n';
  return true;
}

bool LineStyle::is_json(const LogLine& line) {
  if (line.continued || line.notice) return false;
  if (line.continues) ++too_long_;
  return !line.continues && is_json_text(line.text);
}

void LineStyle::add_bare(const LogLine& line, std::string& out) const {
  if (times_ == TimeColumn::kUtc) {
    append_utc(line.times.wall, out);
    out += ' ';
  }
  if (destination_ == Destination::kTerminal) {
    SafeText safe(colors_);
    safe.add(line.text, out);
    if (safe.finish(out)) out += "\x1b[0m";
  } else {
    out += line.text;
  }
  out += '\n';
}

}  // namespace hitch
