#include "runtime/logs/json_record.h"

#include <array>
#include <cstdio>

#include "runtime/base/utc_time.h"
#include "runtime/logs/json_string.h"

namespace hitch {

namespace {

void append_time(std::string_view name, LogTimes::Nanoseconds time, std::string& out) {
  out.append(",\"").append(name).append("\":\"");
  append_utc(time, out);
  out += '"';
}

/// Seconds with all digits: a double in between would lose some after a few months of uptime.
void append_seconds(LogTimes::Nanoseconds time, std::string& out) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, 16> fraction{};
  (void)std::snprintf(fraction.data(), fraction.size(), ".%09lld",
                      static_cast<long long>((time - whole).count()));
  out.append(std::to_string(whole.count())).append(fraction.data());
}

}  // namespace

void append_stream_members(const StreamKey& key, std::string& out) {
  out += "\"service\":";
  append_json_string(key.service, out);
  out += key.output == OutputStream::kErr ? ",\"stream\":\"err\"" : ",\"stream\":\"out\"";
  out += ",\"phase\":\"";
  out += kPhaseNames[static_cast<std::size_t>(key.phase)];
  out += '"';
}

void append_json_record(const LogLine& line, std::string_view json, std::string& out) {
  out += '{';
  append_stream_members(*line.key, out);
  out.append(",\"sequence\":").append(std::to_string(line.sequence));
  append_time("time", line.times.wall, out);
  append_time("bundle_time", line.times.bundle, out);
  out += ",\"monotonic\":";
  append_seconds(line.times.monotonic, out);
  out += ",\"line\":";
  append_json_string(line.text, out);
  if (line.continues) out += ",\"continues\":true";
  if (line.continued) out += ",\"continued\":true";
  if (!json.empty()) out.append(",\"json\":").append(json);
  out += '}';
}

}  // namespace hitch
