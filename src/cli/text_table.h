#pragma once

#include <string>
#include <vector>

namespace hitch {

/// Columns of text, as wide as their widest cell, two blanks apart. Lines end without blanks.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// A span of time for people: "12s", "3m05s", "2h03m".
std::string short_span(double seconds);

}  // namespace hitch
