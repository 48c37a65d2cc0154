#include "runtime/logs/jq_library.h"

#include <dlfcn.h>

#include <bit>
#include <string>
#include <utility>

namespace hitch {

namespace {

constexpr const char* kLibrary = "libjq.so.1";

/// Looks up functions; remembers the first that is missing.
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <typename Function>
  void find(const char* name, Function*& function) {
    static_assert(sizeof(Function*) == sizeof(void*));  // POSIX: dlsym
    function = std::bit_cast<Function*>(::dlsym(library_, name));
    if (function == nullptr && missing_ == nullptr) missing_ = name;
  }
  const char* missing() const { return missing_; }

 private:
  void* library_;
  const char* missing_ = nullptr;
};

Error cannot_load(std::string why) {
  return Error::because("load the jq library: " + std::move(why))
      .with_hint("install the package libjq1 (Debian, Ubuntu) or the library of jq 1.6 or later");
}

}  // namespace

Result<const JqLibrary*> JqLibrary::get() {
  static const auto kLoaded = load(kLibrary);
  if (!kLoaded) return Error(kLoaded.error());
  return &*kLoaded;
}

Result<JqLibrary> JqLibrary::load(const char* name) {
  void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    return cannot_load(why != nullptr ? why : name);
  }
  Symbols symbols(handle);
  JqLibrary jq{};
  symbols.find("jq_init", jq.init);
  symbols.find("jq_teardown", jq.teardown);
  symbols.find("jq_set_error_cb", jq.set_error_cb);
  symbols.find("jq_set_input_cb", jq.set_input_cb);
  symbols.find("jq_set_debug_cb", jq.set_debug_cb);
  symbols.find("jq_set_attr", jq.set_attr);
  symbols.find("jq_compile", jq.compile);
  symbols.find("jq_start", jq.start);
  symbols.find("jq_next", jq.next);
  symbols.find("jv_parser_new", jq.parser_new);
  symbols.find("jv_parser_set_buf", jq.parser_set_buf);
  symbols.find("jv_parser_next", jq.parser_next);
  symbols.find("jv_parser_free", jq.parser_free);
  symbols.find("jv_get_kind", jq.get_kind);
  symbols.find("jv_invalid", jq.invalid);
  symbols.find("jv_copy", jq.copy);
  symbols.find("jv_free", jq.free);
  symbols.find("jv_null", jq.null);
  symbols.find("jv_array", jq.array);
  symbols.find("jv_string", jq.string);
  symbols.find("jv_string_value", jq.string_value);
  symbols.find("jv_string_length_bytes", jq.string_length_bytes);
  symbols.find("jv_dump_string", jq.dump_string);
  if (symbols.missing() != nullptr) {
    return cannot_load(in_quotes(name) + " has no " + symbols.missing());
  }
  return jq;
}

}  // namespace hitch
