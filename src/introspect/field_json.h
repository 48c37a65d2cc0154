#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "introspect/field.h"
#include "introspect/process_types.h"

namespace hitch::introspect {

/// What becomes of bytes that are not UTF-8. Names, paths and variables may hold any.
enum class OtherBytes {
  kReplaced,   ///< U+FFFD for each, which every reader of JSON takes
  kSurrogates  ///< U+DC80 to U+DCFF, as Python has them (PEP 383): nothing is lost
};

/// Writes values as JSON: tuples of psutil as objects with its names, lists as lists, no value as
/// null. RFC 8259
class FieldJson {
 public:
  explicit FieldJson(std::string& out, OtherBytes other = OtherBytes::kReplaced)
      : out_(out), other_(other) {}

  void write(const FieldValue& field);
  void write(const Limits& limits);
  void write_text(std::string_view text);
  void write_number(double number);
  void write_number(std::int64_t number);
  void write_unsigned(std::uint64_t number);

  void open(char bracket);
  void close(char bracket);
  /// The name of the next value of an object.
  void key(std::string_view name);
  /// Goes to the next value of a list.
  void next();

 private:
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void member(std::string_view name, Number number);
  void member(std::string_view name, std::string_view text);
  void members(const MemoryInfo& memory);
  void address(std::string_view name, const std::optional<Address>& address);
  void value(const std::string& text) { write_text(text); }
  void value(std::monostate) { out_ += "null"; }
  void value(std::int64_t number) { write_number(number); }
  void value(int number) { write_number(std::int64_t{number}); }
  void value(double number) { write_number(number); }
  void value(const std::map<std::string, std::string>& variables);
  void value(const Ids<unsigned>& ids);
  void value(const CpuTimes& times);
  void value(const IoCounters& io);
  void value(const IoPriority& priority);
  void value(const MemoryInfo& memory);
  void value(const MemoryFullInfo& memory);
  void value(const MemoryMap& map);
  void value(const CtxSwitches& switches);
  void value(const OpenFile& file);
  void value(const Thread& thread);
  void value(const Connection& connection);
  template <typename T>
  void value(const std::vector<T>& list);

  std::string& out_;
  OtherBytes other_;
  bool is_first_ = true;  ///< in the innermost bracket
};

}  // namespace hitch::introspect
