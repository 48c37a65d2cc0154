#include "bench/table.h"

#include <algorithm>
#include <cstdio>

namespace hitch::bench {

namespace {

/// Three significant digits, but never fewer than those before the point.
std::string number(double value) {
  char text[32];
  const double size = value < 0 ? -value : value;
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string with_unit(double value, Unit unit) {
  switch (unit) {
    case Unit::kMilliseconds:
      return number(value) + " ms";
    case Unit::kMicroseconds:
      return number(value) + " µs";
    case Unit::kNanoseconds:
      return number(value) + " ns";
    case Unit::kPerSecond:
      return value >= 1e6 ? number(value / 1e6) + " M/s" : number(value) + " /s";
    case Unit::kMegabytesPerSecond:
      return number(value) + " MB/s";
    case Unit::kMebibytes:
      return number(value) + " MiB";
    case Unit::kCount:
      return number(value);
  }
  return "";
}

/// "4.10 ms (3.90–5.20)": the median, and between which values eight of ten measurements lie.
std::string figure(const Samples& samples, Unit unit) {
  const double scale = unit == Unit::kPerSecond && samples.median() >= 1e6 ? 1e6 : 1;
  return with_unit(samples.median(), unit) + " (" + number(samples.quantile(0.1) / scale) + "–" +
         number(samples.quantile(0.9) / scale) + ")";
}

std::string verdict(const Bar& bar, double ratio, double value, Unit unit) {
  if (bar.of == Bar::Of::kNone) return "–";
  const bool of_ratio = bar.of == Bar::Of::kRatio;
  const double measured = of_ratio ? ratio : value;
  const bool held = bar.at_most ? measured <= bar.limit : measured >= bar.limit;
  return std::string(bar.at_most ? "≤ " : "≥ ") +
         (of_ratio ? number(bar.limit) + " ×" : with_unit(bar.limit, unit)) + ": " +
         (held ? "yes" : "**no**");
}

}  // namespace

void Table::print_head() {
  out_ << "| what | as | hitch | peer | peer's | hitch ÷ peer | bar |\n"
       << "|---|---|---|---|---|---|---|" << std::endl;
}

void Table::compare(const std::string& what, Unit unit, const Samples& hitch,
                    const std::string& peer, const Samples& theirs, const Bar& bar) {
  const double ratio = theirs.median() > 0 ? hitch.median() / theirs.median() : 0;
  print(what, figure(hitch, unit), peer, figure(theirs, unit), number(ratio) + " ×",
        verdict(bar, ratio, hitch.median(), unit));
}

void Table::state(const std::string& what, Unit unit, const Samples& hitch, const Bar& bar) {
  print(what, figure(hitch, unit), "–", "–", "–", verdict(bar, 0, hitch.median(), unit));
}

void Table::fail(const std::string& row, const std::string& why) {
  std::string line = why.substr(0, 400);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '|', '/');
  print(row, "failed: " + line, "–", "–", "–", "–");
}

void Table::print(const std::string& what, const std::string& hitch, const std::string& peer,
                  const std::string& theirs, const std::string& ratio, const std::string& bar) {
  out_ << "| " << what << " | " << who_ << " | " << hitch << " | " << peer << " | " << theirs
       << " | " << ratio << " | " << bar << " |" << std::endl;
}

}  // namespace hitch::bench
