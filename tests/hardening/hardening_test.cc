#include "hardening/hardening_test.h"

#include <sys/stat.h>

namespace hitch::testing {

std::vector<std::string> HardeningTest::without(const std::vector<Defence>& off) {
  std::vector<std::string> prefix;
  if (off.empty()) return prefix;
  prefix.push_back(fixture_directory() / "inject");
  for (const auto& defence : off) {
    prefix.insert(prefix.end(), defence.rules.begin(), defence.rules.end());
  }
  prefix.emplace_back("--");
  return prefix;
}

std::string HardeningTest::attack(const std::string& command, const std::vector<Defence>& off,
                                  RunOptions options) {
  return attack_in("", command, off, std::move(options));
}

std::string HardeningTest::attack_in(const std::string& bundle_keys, const std::string& command,
                                     const std::vector<Defence>& off, RunOptions options) {
  const auto script = bundle.write_file("attack.sh", bundle.expand(command) + "\n");
  bundle.write(bundle_keys +
               "services: {Bad: {kind: task, command: [sh, attack.sh], success_exit_codes: "
               "[0, 1, 2, 3]}}\n");
  const auto prefix = without(off);
  options.prefix.insert(options.prefix.end(), prefix.begin(), prefix.end());
  const auto result = run({"run"}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out.find("refused:"), std::string::npos) << result.out;
  std::string report;
  for (const auto& line : lines_of(result.out)) {
    const auto at = line.find(" Bad] ");
    if (at != line.npos) report += line.substr(at + 6) + '\n';
  }
  return report;
}

void HardeningTest::open_directories() {
  for (const auto& path : {bundle.root(), bundle.directory(), bundle.home()}) {
    EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
  }
}

RunOptions HardeningTest::without_users() {
  RunOptions options;
  options.prefix = {bundle.expand("@without_users@")};
  return options;
}

::testing::AssertionResult answers(const std::string& report, const std::vector<std::string>& names,
                                   const std::string& errors) {
  for (const auto& name : names) {
    if (count_lines(report, "^" + name + ": (" + errors + ")$") == 1) continue;
    return ::testing::AssertionFailure() << name << " was not answered by " << errors << " in\n"
                                         << report;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace hitch::testing
