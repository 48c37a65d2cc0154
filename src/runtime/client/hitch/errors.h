#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace hitch::client {

/// Anything that this library throws of its own. what() is a whole message for people: what failed,
/// on what, why, and often what to do about it.
///
///     try {
///       services.startup();
///     } catch (const hitch::client::StartupTimeout& late) {
///       std::cerr << late.what() << '\n';
///     } catch (const hitch::client::Error& error) { …
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A bundle or a service was described in a way that cannot be right. Nothing has been started.
class BundleMisconfiguration : public Error {
 public:
  using Error::Error;
};

/// The bundle has no service of that name.
class UnknownService : public BundleMisconfiguration {
 public:
  using BundleMisconfiguration::BundleMisconfiguration;
};

/// Something was not ready in time. what() tells what it was doing.
class StartupTimeout : public Error {
 public:
  using Error::Error;
};

/// The bundle has ended. what() says why: a service ended unasked (with its last lines, if it was
/// waited for), hitch was killed, or it was stopped, be it by a shutdown() of one's own.
class ServiceDied : public Error {
 public:
  using Error::Error;
};

/// No line came that was waited for. what() has the last lines that did come, of each at most
/// 64 KiB.
class LogTimeout : public Error {
 public:
  using Error::Error;
};

/// The bundle refused a request, or could not carry it out.
class RequestFailed : public Error {
 public:
  /// @param kind  "usage", "timeout", "environment", "not_found", "not_runnable", "interrupted":
  ///              docs/control.md, "Errors"
  RequestFailed(const std::string& message, std::string kind)
      : Error(message), kind_(std::move(kind)) {}
  const std::string& kind() const noexcept { return kind_; }

 private:
  std::string kind_;
};

/// A sub-command did not end with 0. One that the end of the bundle took along: ServiceDied.
class CommandFailed : public Error {
 public:
  CommandFailed(const std::string& message, int exit_code, std::string output)
      : Error(message), exit_code_(exit_code), output_(std::move(output)) {}
  /// 128 + n if signal n ended it.
  int exit_code() const noexcept { return exit_code_; }
  /// What it wrote to its standard output, with RunOptions::check_output.
  const std::string& output() const noexcept { return output_; }

 private:
  int exit_code_;
  std::string output_;
};

/// A sub-command did not end in time, and was killed.
class CommandTimeout : public Error {
 public:
  using Error::Error;
};

/// A text is no JSON, or a value does not have what was asked of it.
class JsonError : public Error {
 public:
  using Error::Error;
};

}  // namespace hitch::client
