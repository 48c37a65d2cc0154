#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <exception>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/reader.h"
#include "runtime/bundle/yaml_merge_key.h"

namespace hitch {

namespace {

/// Lets yaml-cpp read bytes that are already in memory, without a copy.
class MemoryBuffer : public std::streambuf {
 public:
  explicit MemoryBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // a get area is never written to
    setg(begin, begin, begin + bytes.size());
  }
};

/// What yaml-cpp says, in words that help somebody who looks at the file.
std::string in_plain_words(const std::string& message) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kWords{{
      {"end of map not found",
       "this does not fit the map above it: look at the indentation, or quote the text"},
      {"end of sequence not found",
       "this does not fit the list above it: look at the indentation, or quote the text"},
      {"end of sequence flow not found", "the '[' before this is never closed"},
      {"end of map flow not found", "the '{' before this is never closed"},
      {"illegal map value",
       "a ':' cannot be here: look at the indentation, or quote text that holds ': '"},
      {"illegal block entry", "a '- ' cannot be here: look at the indentation"},
      {"illegal map key", "a key cannot be here: look at the indentation"},
      {"unknown token", "text cannot start with this character: quote it"},
      {"the referenced anchor is not defined", "no anchor of this name is defined above"},
  }};
  for (const auto& [theirs, ours] : kWords) {
    if (message == theirs) return "not valid YAML: " + std::string(ours);
  }
  return "not valid YAML: " + message;
}

/// yaml-cpp turns the escapes \N and \_ into the bytes 0x85 and 0xA0, which are Latin-1, not UTF-8.
std::string with_escapes_in_utf8(std::string value) {
  std::string repaired;
  std::size_t done = 0;
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t length = utf8_length(value, i);
    if (length == 0) {
      repaired.append(value, done, i - done);
      append_utf8(repaired, static_cast<unsigned char>(value[i]));
      done = i + 1;
    }
    i += length == 0 ? 1 : length;
  }
  if (done == 0) return value;
  return repaired.append(value, done);
}

/// Builds the tree from the parser's events. After the first error it takes no more of them.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& name, std::string_view bytes, Diagnostics& out)
      : name_(name), bytes_(bytes), out_(out) {}

  bool failed() const noexcept { return failed_; }
  std::optional<Node> take_root() { return failed_ ? std::nullopt : std::move(root_); }

  void fail(SourceMark mark, std::string text) {
    if (!failed_) out_.add(std::move(mark), {}, std::move(text));
    failed_ = true;
  }
  SourceMark place(const YAML::Mark& mark) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A sequence or mapping that has been opened and not closed.
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> pending{};  ///< the key of a mapping whose value comes next
    int key_offset = -1;
    std::vector<Node> merged{};  ///< values of `<<`
    SourceMark merge_mark{};
  };

  bool count_node(const SourceMark& mark);
  void apply_tag(Node& node, const std::string& tag);
  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void remember(YAML::anchor_t anchor, const Node& node);
  void put(Node node, int offset);
  void put_key(Open& map, const Node& key, int offset);
  void put_value(Open& map, Node value);
  bool quote_is_closed(std::size_t offset) const;

  const std::string& name_;
  std::string_view bytes_;
  Diagnostics& out_;
  std::optional<Node> root_{};
  std::vector<Open> open_{};
  std::map<YAML::anchor_t, Node> anchors_{};
  std::size_t nodes_ = 0;
  bool failed_ = false, started_ = false;
};

SourceMark TreeBuilder::place(const YAML::Mark& mark) const {
  if (mark.is_null()) return {name_, 0, 0};
  // yaml-cpp counts columns in bytes. Lines of many thousands are nobody's to look at.
  int characters = mark.column;
  if (mark.column < 10'000 && mark.pos >= mark.column) {
    const auto line = bytes_.substr(0, static_cast<std::size_t>(mark.pos))
                          .substr(static_cast<std::size_t>(mark.pos - mark.column));
    for (const char c : line) {
      if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80) --characters;
    }
  }
  return {name_, mark.line + 1, characters + 1};
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (std::exchange(started_, true)) {
    fail(place(mark),
         "a second document begins here: a bundle file holds one; if that was not meant, look at "
         "the indentation");
  }
}

bool TreeBuilder::count_node(const SourceMark& mark) {
  if (++nodes_ > kMaxNodes) fail(mark, "more than 100000 values, aliases expanded: refused");
  return !failed_;
}

void TreeBuilder::apply_tag(Node& node, const std::string& tag) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (tag.empty() || tag == "?") return;
  if (tag == "!") {
    node.quoted = node.is_scalar();
  } else if (tag == "!reset") {
    node.merge = MergeTag::kReset;
  } else if (tag == "!override") {
    node.merge = MergeTag::kOverride;
  } else if (!tag.starts_with(kCore)) {
    fail(node.mark, "unknown tag " + in_quotes(tag) + "; '!reset' and '!override' are known");
  } else if (tag.substr(kCore.size()) == "str") {
    node.quoted = true;
  }
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (failed_) return;
  Node node;
  node.mark = place(mark);
  if (!open_.empty() && open_.back().pending) {
    const Open& map = open_.back();
    // "a: 1\nb" is not YAML, but yaml-cpp takes the b for a key.
    if (mark.pos == map.key_offset) {
      return fail(node.mark, "not valid YAML: " + in_quotes(map.pending->key) +
                                 " is followed by no ':', and is no list item either");
    }
    // A value that is not there is where its key is, not where the next token happens to be.
    if (node.mark.line != map.pending->mark.line) node.mark = map.pending->mark;
  }
  remember(anchor, node);
  put(std::move(node), mark.pos);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (failed_) return;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return fail(place(mark), "this alias is inside of what it names");
  const auto count = count_nodes(found->second);
  nodes_ += count;
  if (nodes_ > kMaxNodes) {
    return fail(place(mark), "more than 100000 values, aliases expanded: refused");
  }
  put(found->second, mark.pos);
}

/// yaml-cpp takes the end of the file for the closing quote.
bool TreeBuilder::quote_is_closed(std::size_t offset) const {
  while (offset < bytes_.size() && (bytes_[offset] == '!' || bytes_[offset] == '&')) {
    offset = bytes_.find_first_of(" \t\r\n", offset);  // past a tag or an anchor
    offset = bytes_.find_first_not_of(" \t\r\n", offset);
  }
  if (offset >= bytes_.size()) return true;
  const char quote = bytes_[offset];
  if (quote != '"' && quote != '\'') return true;  // a block scalar
  for (std::size_t i = offset + 1; i < bytes_.size(); ++i) {
    if (bytes_[i] == '\\' && quote == '"') {
      ++i;
    } else if (bytes_[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < bytes_.size() && bytes_[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  if (failed_) return;
  Node node = make_scalar(with_escapes_in_utf8(value), place(mark));
  if (!count_node(node.mark)) return;
  apply_tag(node, tag);
  if (value.find('\0') != std::string::npos) fail(node.mark, "text cannot hold a NUL character");
  if (node.quoted && mark.pos >= 0 && !quote_is_closed(static_cast<std::size_t>(mark.pos))) {
    fail(node.mark, "not valid YAML: the quote that starts here is never closed");
  }
  if (failed_) return;
  remember(anchor, node);
  put(std::move(node), mark.pos);
}

void TreeBuilder::open(NodeKind kind, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
  if (failed_) return;
  Open opened;
  opened.node.kind = kind;
  opened.node.mark = place(mark);
  opened.anchor = anchor;
  if (!count_node(opened.node.mark)) return;
  apply_tag(opened.node, tag);
  if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
    return fail(opened.node.mark, "nested more than 50 levels deep: refused");
  }
  open_.push_back(std::move(opened));
}

void TreeBuilder::close() {
  if (failed_ || open_.empty()) return;
  Open closed = std::move(open_.back());
  open_.pop_back();
  for (Node& merged : closed.merged) {
    if (!apply_merge_key(closed.node, std::move(merged))) {
      return fail(closed.merge_mark, "'<<' takes a map, or a list of maps");
    }
  }
  nodes_ += closed.merged.size();
  remember(closed.anchor, closed.node);
  put(std::move(closed.node), -1);
}

void TreeBuilder::remember(YAML::anchor_t anchor, const Node& node) {
  if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
}

void TreeBuilder::put(Node node, int offset) {
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.node.is_sequence()) {
    parent.node.items.push_back(std::move(node));
  } else if (!parent.pending) {
    put_key(parent, node, offset);
  } else {
    put_value(parent, std::move(node));
  }
}

void TreeBuilder::put_key(Open& map, const Node& key, int offset) {
  if (!key.is_scalar()) return fail(key.mark, "a key has to be text");
  map.pending = Entry{key.text, {}, key.mark, {}};
  map.pending->value.quoted = key.quoted;  // until the value comes; "<<" in quotes is only a name
  map.key_offset = offset;
}

void TreeBuilder::put_value(Open& map, Node value) {
  Entry entry = std::move(*map.pending);
  map.pending.reset();
  if (entry.key == "<<" && !entry.value.quoted) {
    map.merge_mark = entry.mark;
    map.merged.push_back(std::move(value));
    return;
  }
  if (const Entry* earlier = map.node.find(entry.key)) {
    return out_.add(entry.mark, {},
                    "duplicate key " + in_quotes(entry.key) + "; it is also on line " +
                        std::to_string(earlier->mark.line));
  }
  entry.value = std::move(value);
  map.node.entries.push_back(std::move(entry));
}

/// Whether the line's indentation holds a tab, which is what most broken files suffer from.
bool has_tab_indent(std::string_view bytes, const YAML::Mark& mark) {
  if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) > bytes.size()) return false;
  const auto line_start = bytes.substr(0, static_cast<std::size_t>(mark.pos)).rfind('\n') + 1;
  for (const char c : bytes.substr(line_start)) {
    if (c == '\t') return true;
    if (c != ' ') return false;
  }
  return false;
}

}  // namespace

std::optional<Node> read_yaml(const std::string& name, std::string_view bytes, Diagnostics& out) {
  TreeBuilder builder(name, bytes, out);
  try {
    MemoryBuffer buffer(bytes);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (!builder.failed() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {  // yaml-cpp has no other way to report an error
    const bool tab = has_tab_indent(bytes, e.mark);
    builder.fail(builder.place(e.mark),
                 tab ? "not valid YAML: a tab cannot indent: use spaces" : in_plain_words(e.msg));
  } catch (const std::exception& e) {
    builder.fail({name}, std::string("cannot read this as YAML: ") + e.what());
  }
  auto root = builder.take_root();
  if (!root && !builder.failed()) out.add({name}, {}, "the file holds no values");
  return root;
}

}  // namespace hitch
