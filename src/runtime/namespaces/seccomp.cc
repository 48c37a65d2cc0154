#include "runtime/namespaces/seccomp.h"

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <exception>

namespace hitch {

namespace {

namespace json = boost::json;

Result<scmp_arg_cmp> comparison(const json::object& argument) {
  const auto index = argument.at("index").to_number<unsigned>();
  const auto value = argument.at("value").to_number<std::uint64_t>();
  const auto& operation = argument.at("op").as_string();
  if (operation == "SCMP_CMP_EQ") return scmp_arg_cmp{index, SCMP_CMP_EQ, value, 0};
  if (operation == "SCMP_CMP_MASKED_EQ") {
    const auto wanted = argument.at("valueTwo").to_number<std::uint64_t>();
    return scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, value, wanted};
  }
  return Error::because("comparison " + in_quotes(operation) + " is not known");
}

Status add_rule(const json::object& rule, SeccompFilter& filter) {
  if (rule.at("action").as_string() != "SCMP_ACT_ERRNO") {
    return Error::because("the action of a rule has to be 'SCMP_ACT_ERRNO'");
  }
  const int err = rule.at("errnoRet").to_number<int>();
  std::vector<scmp_arg_cmp> conditions;
  if (const auto* arguments = rule.if_contains("args")) {
    for (const auto& argument : arguments->as_array()) {
      HITCH_TRY(const auto condition, comparison(argument.as_object()));
      conditions.push_back(condition);
    }
  }
  for (const auto& name : rule.at("names").as_array()) {
    HITCH_CHECK(filter.deny(name.as_string().c_str(), err, conditions));
  }
  return Done{};
}

Result<SeccompFilter> read_profile(std::string_view text) {
  const auto profile = json::parse(text);
  if (profile.at("defaultAction").as_string() != "SCMP_ACT_ALLOW") {
    return Error::because("'defaultAction' has to be 'SCMP_ACT_ALLOW'");
  }
  HITCH_TRY(auto filter, SeccompFilter::allow_all());
  for (const auto& rule : profile.at("syscalls").as_array()) {
    HITCH_CHECK(add_rule(rule.as_object(), filter));
  }
  return filter;
}

}  // namespace

Result<SeccompFilter> SeccompFilter::allow_all() {
  const scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ALLOW);
  if (context == nullptr) return Error::because("cannot create a system call filter");
  SeccompFilter filter(context);
  // A binary tree instead of a list: quicker to load, and quicker at each call.
  if (const int rc = ::seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2); rc != 0) {
    return Error::from_errno(-rc, "optimize a system call filter");
  }
  if (::seccomp_arch_native() == SCMP_ARCH_X86_64) {
    for (const auto arch : {std::uint32_t{SCMP_ARCH_X86}, std::uint32_t{SCMP_ARCH_X32}}) {
      if (const int rc = ::seccomp_arch_add(context, arch); rc != 0) {
        return Error::from_errno(-rc, "add an architecture to a system call filter");
      }
    }
  }
  return filter;
}

Status SeccompFilter::deny(const std::string& name, int err,
                           const std::vector<scmp_arg_cmp>& conditions) {
  const int number = ::seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return Error::because("unknown system call '" + name + "'");
  const auto action = SCMP_ACT_ERRNO(static_cast<std::uint32_t>(err));
  const int rc = ::seccomp_rule_add_array(
      context_.get(), action, number, static_cast<unsigned>(conditions.size()), conditions.data());
  if (rc != 0) return Error::from_errno(-rc, "deny system call", name);
  return Done{};
}

Status SeccompFilter::export_program(int fd) const {
  const int rc = ::seccomp_export_bpf(context_.get(), fd);
  if (rc != 0) return Error::from_errno(-rc, "export a system call filter");
  return Done{};
}

Result<SeccompFilter> filter_of_profile(std::string_view json) {
  try {
    return read_profile(json);
  } catch (const std::exception& error) {  // Boost.JSON says so what does not fit
    return Error::because(std::string("read the profile: ") + error.what());
  }
}

}  // namespace hitch
