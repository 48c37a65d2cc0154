#include "cli/top_screen.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/process_tree.h"
#include "cli/text_table.h"
#include "runtime/base/utc_time.h"
#include "runtime/control/json_text.h"

namespace hitch {

namespace {

std::string percent_text(const std::optional<double>& percent) {
  if (!percent) return "-";
  const auto tenths = std::lround(*percent * 10);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

std::vector<std::string> cells_of(const TopRow& row) {
  const auto& service = row.service;
  const bool runs = service.pid != 0;
  const auto if_runs = [runs](std::string text) { return runs ? std::move(text) : "-"; };
  return {service.name,
          service.state,
          if_runs(std::to_string(service.pid)),
          if_runs(short_span(service.uptime)),
          if_runs(std::to_string(row.processes)),
          if_runs(std::to_string(row.threads)),
          if_runs(percent_text(row.cpu_percent)),
          if_runs(megabytes(row.memory_bytes))};
}

TextTable table_of(const std::vector<TopRow>& rows) {
  TextTable table({"SERVICE", "STATE", "PID", "UPTIME", "PROCS", "THREADS", "CPU%", "MEMORY"});
  for (const auto& row : rows) table.add(cells_of(row));
  return table;
}

std::string heading(const TopSample& sample) {
  double percent = 0;
  std::uint64_t memory = 0;
  std::size_t processes = 0;
  for (const auto& row : sample.rows) {
    percent += row.cpu_percent.value_or(0);
    memory += row.memory_bytes;
    processes += row.processes;
  }
  return sample.bundle + "  " + sample.state + "  " + std::to_string(processes) +
         " processes  CPU " + percent_text(percent) + "%  memory " + megabytes(memory);
}

constexpr std::string_view kKeys = "q quit  c CPU  m memory  n name  f file order  r reverse";

}  // namespace

void sort_rows(std::vector<TopRow>& rows, TopOrder order, bool is_reversed) {
  const auto is_before = [order](const TopRow& a, const TopRow& b) {
    switch (order) {
      case TopOrder::kCpu:
        return a.cpu_percent.value_or(0) > b.cpu_percent.value_or(0);
      case TopOrder::kMemory:
        return a.memory_bytes > b.memory_bytes;
      case TopOrder::kName:
        return a.service.name < b.service.name;
      case TopOrder::kFile:
        break;
    }
    return false;
  };
  std::stable_sort(rows.begin(), rows.end(), is_before);
  if (is_reversed) std::reverse(rows.begin(), rows.end());
}

std::string plot(const std::vector<double>& history, std::size_t width, bool blocks) {
  constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 9> kAscii{" ", ".", ":", "-", "=", "+", "*", "#", "@"};
  const auto& levels = blocks ? kBlocks : kAscii;
  const auto shown = std::min(width, history.size());
  const auto first = history.end() - static_cast<std::ptrdiff_t>(shown);
  constexpr double kHighest = kBlocks.size() - 1;
  double full = 100;
  for (auto at = first; at != history.end(); ++at) full = std::max(full, *at);
  std::string text(width - shown, ' ');
  for (auto at = first; at != history.end(); ++at) {
    const auto share = std::clamp(*at / full, 0.0, 1.0);
    // Whatever is more than nothing can be seen.
    text += levels[static_cast<std::size_t>(std::ceil(share * kHighest))];
  }
  return text;
}

std::vector<std::string> screen_lines(const TopSample& sample, const TopView& view) {
  auto rows = sample.rows;
  sort_rows(rows, view.order, view.is_reversed);
  std::vector<std::string> lines{heading(sample).substr(0, view.columns), ""};
  const auto table = table_of(rows).text();
  std::size_t widest = 0, from = 0;
  while (from < table.size()) {
    const auto end = table.find('\n', from);
    lines.push_back(table.substr(from, end - from).substr(0, view.columns));
    widest = std::max(widest, lines.back().size());
    from = end + 1;
  }
  constexpr std::size_t kHead = 3, kGap = 2, kNarrowest = 5;  // lines above the rows
  if (widest + kGap + kNarrowest <= view.columns) {
    const auto width = view.columns - widest - kGap;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto& line = lines[kHead + i];
      line.append(widest + kGap - line.size(), ' ');
      line += plot(rows[i].history, width, view.blocks);
    }
  }
  if (view.colors) lines[kHead - 1] = "\x1b[7m" + lines[kHead - 1] + "\x1b[0m";
  const auto fitting = view.rows > 1 ? view.rows - 1 : 1;
  if (lines.size() > fitting) lines.resize(fitting);
  lines.emplace_back(kKeys.substr(0, view.columns));
  return lines;
}

std::string sample_text(const TopSample& sample) {
  return table_of(sample.rows).text();
}

std::string sample_json(const TopSample& sample) {
  std::string time, lines;
  append_utc(std::chrono::duration_cast<std::chrono::nanoseconds>(sample.time.time_since_epoch()),
             time);
  for (const auto& row : sample.rows) {
    json::object object{{"time", time},
                        {"service", row.service.name},
                        {"state", row.service.state},
                        {"pid", row.service.pid},
                        {"uptime", row.service.uptime},
                        {"processes", row.processes},
                        {"threads", row.threads},
                        {"cpu_percent", std::round(row.cpu_percent.value_or(0) * 10) / 10},
                        {"memory", row.memory_bytes}};
    lines += json_text(object) + '\n';
  }
  return lines;
}

}  // namespace hitch
