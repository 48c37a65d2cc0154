#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/model.h"
#include "runtime/bundle/node.h"

namespace hitch {

/// What an error is about.
enum class Blame {
  kText,     ///< what is written in the files
  kMachine,  ///< what the files need and this machine, or the caller's environment, has not
};

/// One error of a bundle file.
struct Diagnostic {
  SourceMark mark;   ///< an empty file: about no place in particular
  std::string path;  ///< of the key: "services.Django.ready.log"; may be empty
  std::string text;
  Blame blame = Blame::kText;

  /// "hitch.yaml:12:5"; nothing if it is about no place in particular.
  std::string render_place() const;
  /// "hitch.yaml:12:5: services.Django.ready.log: expected text"
  std::string render() const;
  bool operator==(const Diagnostic& other) const noexcept;
};

/// All that is wrong with a bundle's files, collected instead of thrown.
class Diagnostics {
 public:
  void add(SourceMark mark, std::string path, std::string text, Blame blame = Blame::kText);
  /// Takes over what another collection holds; those that blame the machine only if `machine`.
  enum class Take { kAll, kTextOnly };
  void take(Diagnostics other, Take which = Take::kAll);

  bool empty() const noexcept { return items_.empty(); }
  const std::vector<Diagnostic>& items() const noexcept { return items_; }

  /// Sorts by place and drops repetitions. @param files  come first, in this order
  void tidy(std::vector<std::string> files = {});
  /// One line each, each with a newline at its end.
  std::string render() const;

 private:
  std::vector<Diagnostic> items_;
};

/// Where in the tree a value is. Lives on the stack: each one points at its parent's, and borrows
/// its key.
struct KeyPath {
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

  const KeyPath* parent = nullptr;
  std::string_view key = {};
  std::size_t index = kNoIndex;

  /// "services.Django.setup[1]"
  std::string text() const;
};

/// A value, its path, and where to put complaints about it.
struct Field {
  const Node* node;
  KeyPath path;
  Diagnostics* out;

  const Node& operator*() const noexcept { return *node; }
  const Node* operator->() const noexcept { return node; }

  /// A part of this value; borrows from this Field.
  Field item(std::size_t index) const {
    return {&node->items[index], KeyPath{&path, {}, index}, out};
  }
  Field entry(const Entry& entry) const {
    return {&entry.value, KeyPath{&path, entry.shown_key()}, out};
  }
  void error(std::string text, Blame blame = Blame::kText) const {
    out->add(node->mark, path.text(), std::move(text), blame);
  }
  /// "expected WHAT, found a list"; silent about values that have had their error.
  void expected(std::string_view what) const;
};

/// ", did you mean 'depends_on'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace hitch
