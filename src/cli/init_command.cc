#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "cli/commands.h"
#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"
#include "runtime/bundle/init_template.h"

namespace hitch {

namespace {

constexpr const char* kFirstFile = "hitch.yaml";

Status write_new(const std::string& path) {
  // O_EXCL: what is there already is somebody's work.
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) {
    auto error = Error::from_errno(errno, "create", path).with_kind(Kind::kUsage);
    if (errno == EEXIST) return std::move(error).with_hint("name another one with -f FILE");
    return error;
  }
  if (const int err = write_fully(file.get(), init_template()); err != 0) {
    return Error::from_errno(err, "write", path);
  }
  return Done{};
}

int run_init(Context& context) {
  const std::string path = context.files.empty() ? kFirstFile : context.files.front();
  if (path == "-") {
    print(context, init_template());
    return context.exit_code;
  }
  if (const auto status = write_new(path); !status) {
    report_failure(context, status.error());
    return context.exit_code;
  }
  print(context, "wrote " + path + "; try: hitch run\n");
  return context.exit_code;
}

}  // namespace

void add_init_command(CLI::App& app, Context& context) {
  CLI::App* init = app.add_subcommand("init", "Write a first bundle file to start from");
  init->callback([&context] { context.exit_code = run_init(context); });
}

}  // namespace hitch
