#pragma once

extern "C" {
#include <jq.h>
// The header has a function of its own that calls this one. Nothing of the library is linked.
#pragma weak jv_get_kind
}

#include "runtime/base/result.h"

namespace hitch {

/// The functions of libjq, loaded when the first filter is used: few bundles have one, and hitch
/// has to start fast. Never unloaded, as libjq keeps data of each thread until that ends. jq(1),
/// https://github.com/jqlang/jq/wiki/C-API:-libjq
struct JqLibrary {
  /// The library under its usual name, loaded at most once.
  /// @return an Error if it is missing, whose hint names the package that has it
  static Result<const JqLibrary*> get();
  /// @param name  for dlopen(3)
  static Result<JqLibrary> load(const char* name);

  decltype(&::jq_init) init;
  decltype(&::jq_teardown) teardown;
  decltype(&::jq_set_error_cb) set_error_cb;
  decltype(&::jq_set_attr) set_attr;
  decltype(&::jq_compile) compile;
  decltype(&::jq_start) start;
  decltype(&::jq_next) next;
  decltype(&::jv_parser_new) parser_new;
  decltype(&::jv_parser_set_buf) parser_set_buf;
  decltype(&::jv_parser_next) parser_next;
  decltype(&::jv_parser_free) parser_free;
  decltype(&::jv_get_kind) get_kind;
  decltype(&::jv_invalid_has_msg) invalid_has_msg;
  decltype(&::jv_invalid) invalid;
  decltype(&::jv_copy) copy;
  decltype(&::jv_free) free;
  decltype(&::jv_null) null;
  decltype(&::jv_array) array;
  decltype(&::jv_string) string;
  decltype(&::jv_string_value) string_value;
  decltype(&::jv_string_length_bytes) string_length_bytes;
  decltype(&::jv_dump_string) dump_string;
};

}  // namespace hitch
