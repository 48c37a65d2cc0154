#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/top_sample.h"

namespace hitch {

/// What the rows are sorted by.
enum class TopOrder { kFile, kCpu, kMemory, kName };

/// How the screen looks.
struct TopView {
  TopOrder order = TopOrder::kFile;
  bool is_reversed = false;
  std::size_t rows = 24, columns = 80;
  bool blocks = true;  ///< the history in blocks of Unicode, else in ASCII
  bool colors = true;
};

/// Sorts the rows of a sample: the largest first, names by the alphabet.
void sort_rows(std::vector<TopRow>& rows, TopOrder order, bool is_reversed);

/// The last values of a history as one character each, from nothing up to `full`, which is at least
/// 100: "▁▃█".
/// @param width  of the plot; a shorter history stands at its right end
std::string plot(const std::vector<double>& history, std::size_t width, bool blocks);

/// The whole screen, as lines without their ends, none wider than the terminal.
std::vector<std::string> screen_lines(const TopSample& sample, const TopView& view);

/// The same for who is no terminal: a table, without the history.
std::string sample_text(const TopSample& sample);

/// One JSON object a service, one a line.
std::string sample_json(const TopSample& sample);

}  // namespace hitch
