#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/live_run.h"
#include "runtime/base/utc_time.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

struct TimeOptions {
  std::string action;
  std::optional<double> rate;
  std::optional<double> days, hours, minutes, seconds;
  std::string to;
  bool reset = false;

  bool travels() const { return days || hours || minutes || seconds || !to.empty() || reset; }
};

Error usage(const std::string& what, const std::string& hint) {
  return Error::because(what, Kind::kUsage).with_hint(hint);
}

Status check(const TimeOptions& options) {
  if (options.action == "travel" && !options.travels()) {
    return usage("'time travel' has no destination",
                 "--days, --hours, --minutes, --seconds, --to or --reset says where");
  }
  if (options.action != "travel" && options.travels()) {
    return usage("'time " + options.action + "' takes none of the options of 'time travel'",
                 "hitch time --help");
  }
  for (const auto& number :
       {options.days, options.hours, options.minutes, options.seconds, options.rate}) {
    if (number && !std::isfinite(*number)) return usage("that is no number", "for example 1.5");
  }
  if (options.action == "rate" && !options.rate) {
    return usage("'time rate' has no number", "for example hitch time rate 60");
  }
  if (options.action != "rate" && options.rate) {
    return usage("'time " + options.action + "' takes no number", "hitch time --help");
  }
  return Done{};
}

/// In UTC: what has no zone means the caller's, and the bundle's supervisor may have another one.
std::string destination_of(const std::string& to) {
  const auto instant = parse_date_time(to);
  if (!instant) return to;  // the bundle says what is wrong with it
  std::string text;
  append_utc(instant->whole, instant->fraction, text);
  return text;
}

json::object params_of(const TimeOptions& options) {
  json::object params;
  const std::array<std::pair<const char*, std::optional<double>>, 5> numbers{
      {{"days", options.days},
       {"hours", options.hours},
       {"minutes", options.minutes},
       {"seconds", options.seconds},
       {"rate", options.rate}}};
  for (const auto& [name, value] : numbers) {
    if (value) params[name] = *value;
  }
  if (!options.to.empty()) params["to"] = destination_of(options.to);
  if (options.reset) params["reset"] = true;
  return params;
}

Status run_time(const TimeOptions& options, Context& context) {
  HITCH_CHECK(check(options));
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY(const auto answer, client.call("time." + options.action, params_of(options)));
  const auto& info = answer.as_object();
  if (context.format == OutputFormat::kJson) {
    print(context, json_text(info) + '\n');
  } else {
    print(context, text_in(info, options.action == "now" ? "now" : "message") + '\n');
  }
  return Done{};
}

}  // namespace

void add_time_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<TimeOptions>();  // lives as long as the callback
  CLI::App* time = app.add_subcommand("time", "Tell or change the wall clock that a bundle sees");
  time->add_option("action", options->action, "What to do")
      ->check(CLI::IsMember({"now", "travel", "freeze", "resume", "rate"}))
      ->required();
  time->add_option("number", options->rate, "For rate: how many times as fast as the machine's");
  time->add_option("--days", options->days, "Travel so far from the bundle's now; may be negative")
      ->type_name("N");
  time->add_option("--hours", options->hours, "The same in hours; they add up")->type_name("N");
  time->add_option("--minutes", options->minutes, "The same in minutes")->type_name("N");
  time->add_option("--seconds", options->seconds, "The same in seconds")->type_name("N");
  time->add_option("--to", options->to, "Travel to a date and time: 2015-07-11T10:36:58Z")
      ->type_name("DATETIME");
  time->add_flag("--reset", options->reset, "Travel back to the machine's time");
  time->callback([options, &context] {
    const auto status = run_time(*options, context);
    if (!status) report_failure(context, status.error());
  });
}

}  // namespace hitch
