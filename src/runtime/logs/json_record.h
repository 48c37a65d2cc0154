#pragma once

#include <string>

#include "runtime/logs/record.h"

namespace hitch {

/// Appends `"service":…,"stream":…,"phase":…`, what every JSON object about a line begins with.
void append_stream_members(const StreamKey& key, std::string& out);

/// Appends a line of a log as one JSON object, with all that the log knows of it:
/// service, stream, phase, sequence, time, bundle_time, monotonic (seconds), line; for a piece of a
/// line that is very long `continues` and `continued`. No newline.
/// @param json  the line once more, as compact JSON; empty: without
void append_json_record(const LogLine& line, std::string_view json, std::string& out);

}  // namespace hitch
