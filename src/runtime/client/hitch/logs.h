#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/client/hitch/json.h"

namespace hitch::client {

class BundleState;

enum class Stream : std::uint8_t { kOut, kErr };

/// What a service was doing when it printed. kHitch: hitch's own remarks, and those of the test.
enum class Phase : std::uint8_t { kSetup, kRun, kPoststart, kTeardown, kHitch };

/// A line of the log.
struct Line {
  std::string text{};     ///< without its newline; any bytes
  std::string service{};  ///< who printed it
  Stream stream = Stream::kOut;
  Phase phase = Phase::kRun;
  std::uint64_t sequence = 0;                    ///< counts the lines of the whole log from 1
  std::chrono::system_clock::time_point time{};  ///< on the machine's clock
  std::chrono::system_clock::time_point bundle_time{};  ///< on the clock that the services see
  std::chrono::steady_clock::time_point monotonic{};

  operator std::string_view() const noexcept { return text; }  // NOLINT: implicit
  bool contains(std::string_view what) const { return text.find(what) != std::string::npos; }
  /// What stands before it on a screen: "Django", "Err Django", "Setup Django".
  std::string label() const;

  friend bool operator==(const Line& line, std::string_view other) { return line.text == other; }
};
std::ostream& operator<<(std::ostream& out, const Line& line);

/// Both may take a std::string_view or a std::string instead of a Line.
using LinePredicate = std::function<bool(const Line&)>;
using JsonPredicate = std::function<bool(const Json&)>;

/// The name of each line in front of it, as `hitch logs` shows them.
std::string text_with_labels(const std::vector<Line>& lines);

struct TailOptions {
  /// Without one: as long as it takes. Zero or less: only what is there is looked at. More than a
  /// year counts as a year.
  std::optional<std::chrono::milliseconds> timeout{};
  /// So many of the lines that are there already count too. One without its newline is none yet.
  std::size_t lines_back = 0;
};

/// Some streams of the log, as long as their bundle lives: none of these may outlive it.
class LogView {
 public:
  // Moving is copying: without its service it would be the log of the whole bundle.
  LogView(const LogView&) = default;
  LogView& operator=(const LogView&) = default;

 protected:
  LogView() = default;
  friend class ServiceBundle;
  friend class Service;
  BundleState* bundle_ = nullptr;
  std::string service_{};  ///< empty: all of them
  std::optional<Stream> stream_{};
  std::optional<Phase> phase_{};

  bool has_labels() const noexcept { return !stream_ || !phase_; }
  std::string describe() const;
};

/// The end of a log, from where it is now.
class Tail : private LogView {
 public:
  /// Waits for a line for which `predicate` is true, and returns it.
  ///
  /// LogTimeout when the time is up; ServiceDied if the bundle ends before. What the predicate
  /// throws comes out here.
  ///
  ///     bundle["Web"].logs().out().tail().until(
  ///         [](std::string_view line) { return line.starts_with("GET "); }, {.timeout = 15s});
  Line until(const LinePredicate& predicate, const TailOptions& options = {}) const;
  /// The same for lines that are a JSON object or array: `predicate` gets what a line holds, and
  /// that is returned. Other lines, and those for which it throws JsonError, are passed over.
  Json until_json(const JsonPredicate& predicate, const TailOptions& options = {}) const;
  /// Prints each line that comes to standard output, until the time is up or the bundle has ended.
  void follow(const TailOptions& options = {}) const;
  /// Hands each line that comes to `take`, until that returns false or as follow() ends.
  void follow(const LinePredicate& take, const TailOptions& options = {}) const;
  /// Prints the log as it is, or its last lines.
  void cat(std::optional<std::size_t> last_lines = std::nullopt) const;

 private:
  friend class Logs;
  explicit Tail(const LogView& view) : LogView(view) {}
  void wait_for_lines(const LinePredicate& go_on, const TailOptions& options) const;
  std::vector<Line> last_lines() const;
};

/// What has been printed. Can be read while the bundle runs, and after it has been shut down.
class Logs : protected LogView {
 public:
  /// In the order in which they were finished. A last one without its newline is among them.
  std::vector<Line> lines() const;
  /// What those lines hold that are JSON objects or arrays.
  std::vector<Json> json() const;
  /// All lines, each with its label unless they are of one stream.
  std::string text() const;
  Tail tail() const { return Tail(*this); }

  friend std::ostream& operator<<(std::ostream& out, const Logs& logs);

 protected:
  friend class ServiceBundle;
  friend class PhaseLogs;
  friend class ServiceLogs;
  friend class Tail;
  explicit Logs(const LogView& view) : LogView(view) {}
  Logs of(std::optional<Phase> phase, std::optional<Stream> stream) const;
};

/// What was printed before a service started, or after it was ready.
class PhaseLogs : public Logs {
 public:
  Logs out() const { return of(phase_, Stream::kOut); }
  Logs err() const { return of(phase_, Stream::kErr); }

 private:
  friend class ServiceLogs;
  explicit PhaseLogs(const Logs& logs) : Logs(logs) {}
};

/// All that a service has printed: its program, and what ran before and after it.
class ServiceLogs : public Logs {
 public:
  /// Of its program.
  Logs out() const { return of(Phase::kRun, Stream::kOut); }
  Logs err() const { return of(Phase::kRun, Stream::kErr); }
  PhaseLogs setup() const { return PhaseLogs(of(Phase::kSetup, std::nullopt)); }
  PhaseLogs poststart() const { return PhaseLogs(of(Phase::kPoststart, std::nullopt)); }
  PhaseLogs teardown() const { return PhaseLogs(of(Phase::kTeardown, std::nullopt)); }

 private:
  friend class Service;
  explicit ServiceLogs(const LogView& view) : Logs(view) {}
};

}  // namespace hitch::client
