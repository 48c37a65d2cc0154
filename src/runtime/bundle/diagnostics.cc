#include "runtime/bundle/diagnostics.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace hitch {

std::string Diagnostic::render_place() const {
  if (mark.file.empty() || mark.line <= 0) return mark.file;
  return mark.file + ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
}

std::string Diagnostic::render() const {
  std::string line = render_place();
  if (!line.empty()) line += ": ";
  if (!path.empty()) line += path + ": ";
  return line + text;
}

bool Diagnostic::operator==(const Diagnostic& other) const noexcept {
  return std::tie(mark.file, mark.line, mark.column, path, text) ==
         std::tie(other.mark.file, other.mark.line, other.mark.column, other.path, other.text);
}

void Diagnostics::add(SourceMark mark, std::string path, std::string text, Blame blame) {
  items_.push_back({std::move(mark), std::move(path), std::move(text), blame});
}

void Diagnostics::take(Diagnostics other, Take which) {
  for (auto& item : other.items_) {
    if (which == Take::kAll || item.blame == Blame::kText) items_.push_back(std::move(item));
  }
}

void Diagnostics::tidy(std::vector<std::string> files) {
  for (const auto& item : items_) {
    if (std::find(files.begin(), files.end(), item.mark.file) == files.end()) {
      files.push_back(item.mark.file);
    }
  }
  const auto rank = [&](const Diagnostic& item) {
    const auto file = std::find(files.begin(), files.end(), item.mark.file) - files.begin();
    return std::tuple(file, item.mark.line, item.mark.column);
  };
  std::stable_sort(items_.begin(), items_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
  std::vector<Diagnostic> kept;
  for (auto& item : items_) {
    const auto same_place = [&](const Diagnostic& other) { return rank(other) == rank(item); };
    const auto first = std::find_if_not(kept.rbegin(), kept.rend(), same_place).base();
    if (std::find(first, kept.end(), item) == kept.end()) kept.push_back(std::move(item));
  }
  items_ = std::move(kept);
}

std::string Diagnostics::render() const {
  std::string all;
  for (const auto& item : items_) all += item.render() + '\n';
  return all;
}

std::string KeyPath::text() const {
  std::string before = parent != nullptr ? parent->text() : std::string();
  if (index != kNoIndex) return before + '[' + std::to_string(index) + ']';
  if (key.empty()) return before;
  if (!before.empty() && key.front() != '[') before += '.';
  return before + std::string(key);
}

void Field::expected(std::string_view what) const {
  if (node->unusable) return;
  const std::string found =
      node->is_scalar() ? in_quotes(node->text) : std::string(kind_text(*node));
  error("expected " + std::string(what) + ", found " + found);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto nearest = nearest_spelling(word, candidates);
  return nearest ? ", did you mean '" + *nearest + "'?" : std::string();
}

}  // namespace hitch
