// What would fail only when a program is started or a file system is built is refused beforehand.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "bundle_support.h"
#include "runtime/base/fd.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/check_volumes.h"
#include "runtime/bundle/reader.h"

namespace hitch {
namespace {

using testing::errors_of;
using testing::request_in;
using testing::TempTree;

constexpr std::string_view kTooLong =
    "is 131072 bytes long; the kernel takes 131071 at most for one argument or variable";

LoadOutcome load_stdin_in(const std::filesystem::path& cwd, const std::string& text) {
  const TempTree tree;
  tree.write("input", text);
  const UniqueFd input(::open((tree.path() / "input").c_str(), O_RDONLY | O_CLOEXEC));
  auto request = request_in(cwd, {"-"});
  request.stdin_fd = input.get();
  return load_bundle(request);
}

TEST(BundleLimits, TheRootDirectoryCannotBeThatOfABundle) {
  EXPECT_EQ(load_stdin_in("/", "{}").diagnostics.render(),
            "the bundle's directory is '/', all of which would be writable: move the bundle file "
            "to a directory of its own, or say 'filesystem: host'\n");
  EXPECT_FALSE(load_stdin_in("/", "filesystem: overlay").ok());
  EXPECT_TRUE(load_stdin_in("/", "filesystem: host").ok());
}

TEST(BundleLimits, AnArgumentThatNoProgramCanHaveIsRefused) {
  const std::string word(kLongestArgument + 1, 'x');
  EXPECT_EQ(errors_of("services: {A: {command: [sh, -c, " + word + "]}}\n"),
            "hitch.yaml:1:34: services.A.command[2]: " + std::string(kTooLong) + '\n');
  EXPECT_EQ(errors_of("services: {A: {command: sh " + word + "}}\n"),
            "hitch.yaml:1:25: services.A.command: " + std::string(kTooLong) + '\n');
  EXPECT_EQ(errors_of("services: {A: {shell: " + word + "}}\n"),
            "hitch.yaml:1:23: services.A.shell: " + std::string(kTooLong) + '\n');
  EXPECT_EQ(errors_of("services: {A: {command: [sh, " + word.substr(1) + "]}}\n"), "");
}

TEST(BundleLimits, AVariableThatNoProgramCanHaveIsRefused) {
  const std::string value(kLongestArgument - 2, 'x');  // without "V="
  EXPECT_EQ(errors_of("environment: {V: " + value + "y}\n"),
            "hitch.yaml:1:18: environment.V: " + std::string(kTooLong) + '\n');
  EXPECT_EQ(errors_of("services: {A: {command: [sh], environment: [V=" + value + "y]}}\n"),
            "hitch.yaml:1:45: services.A.environment[0]: " + std::string(kTooLong) + '\n');
  EXPECT_EQ(errors_of("environment: {V: " + value + "}\n"), "");
}

TEST(BundleLimits, MoreOpenFilesThanTheHardLimitAreRefused) {
  rlimit own{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &own), 0);
  const auto files = [](rlim_t count) {
    return errors_of("services: {A: {command: [sh], limits: {open_files: " + std::to_string(count) +
                     "}}}\n");
  };
  if (own.rlim_max >= 1'000'000'000) GTEST_SKIP() << "the hard limit is above what can be asked";
  EXPECT_EQ(files(own.rlim_max), "");
  const std::string limit = std::to_string(own.rlim_max);
  EXPECT_EQ(files(own.rlim_max + 1),
            "hitch.yaml:1:52: services.A.limits.open_files: " + std::to_string(own.rlim_max + 1) +
                " is above the hard limit of open files here, " + limit + " (ulimit -Hn)\n");
}

TEST(BundleLimits, AFifoIsNoKeyOfPreparedData) {
  const TempTree tree;
  tree.write("hitch.yaml", "services: {A: {command: [sh], data: {path: x, key: [fifo]}}}\n");
  ASSERT_EQ(::mkfifo((tree.path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.render(),
            "hitch.yaml:1:53: services.A.data.key[0]: '" + (tree.path() / "fifo").native() +
                "' is not a regular file\n");
}

TEST(BundleLimits, ALineBreakInAUrlIsRefused) {
  EXPECT_EQ(errors_of("services: {A: {command: [sh], ready: {http: \"http://a/\\nX: y\"}}}\n"),
            "hitch.yaml:1:45: services.A.ready.http: a URL holds no blanks and control characters; "
            "write them as %20 and so on\n");
}

/// A file with a service `A` of `first` volumes, and one `B` of one volume and a data directory.
std::string file_with_volumes(std::size_t first) {
  std::string text = "services:\n  A:\n    command: [sh]\n    volumes:\n";
  for (std::size_t i = 0; i < first; ++i) {
    text += "      - .:/mnt/hitch/" + std::to_string(i) + '\n';
  }
  return text + "  B:\n    command: [sh]\n    data: {path: x}\n    volumes: ['.:/mnt/hitch/b']\n";
}

TEST(BundleLimits, VolumesThatDoNotFitAreRefused) {
  const std::string text =
      "is one too many: a bundle can have 240 volumes and data directories, those of all services "
      "together\n";
  EXPECT_EQ(errors_of(file_with_volumes(kMostVolumes - 2)), "");
  EXPECT_EQ(errors_of(file_with_volumes(kMostVolumes - 1)),
            "hitch.yaml:246:5: services.B.data: " + text);
  EXPECT_EQ(errors_of(file_with_volumes(kMostVolumes + 5)),
            "hitch.yaml:245:9: services.A.volumes[240]: " + text);
}

TEST(BundleLimits, AVolumeThatManyServicesShareCountsOnce) {
  const auto file = [](int replicas) {
    return "services: {A: {command: [sh], replicas: " + std::to_string(replicas) +
           ", volumes: ['.:/mnt/a', '.:/mnt/b'], data: {path: x}}}\n";
  };
  EXPECT_EQ(errors_of(file(static_cast<int>(kMostVolumes) - 2)), "");
  EXPECT_EQ(errors_of(file(static_cast<int>(kMostVolumes) - 1)),
            "hitch.yaml:1:81: services.A.data: is one too many: a bundle can have 240 volumes and "
            "data directories, those of all services together\n");
}

TEST(BundleLimits, ALargeEnvFileIsReadAndATooLargeOneRefused) {
  const TempTree tree;
  tree.write("hitch.yaml", "services: {A: {command: [sh], env_file: many.env}}\n");
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "NAME_" + std::to_string(i) + "=" + "value\n";
  tree.write("many.env", lines + "NAME_7=last\n");
  const auto outcome = load_bundle(request_in(tree.path(), {}));
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  const auto& environment = outcome.spec->services.front().environment;
  EXPECT_EQ(environment.size(), 100'000U);
  EXPECT_EQ(environment[7], std::pair(std::string("NAME_7"), std::string("last")));
  tree.write("many.env", lines + "LONG=" + std::string(kMaxFileBytes, 'x'));
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.render(),
            "many.env: services.A.env_file[0]: the file is larger than 4 MiB, which no env file "
            "is\n");
}

TEST(BundleLimits, EveryBadLineOfALargeEnvFileIsReported) {
  const TempTree tree;
  tree.write("hitch.yaml", "services: {A: {command: [sh], env_file: bad.env}}\n");
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "bad\n";
  tree.write("bad.env", lines);
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.items().size(), 100'000U);
}

TEST(BundleLimits, ALongVariableOfAnEnvFileNamesItsLine) {
  const TempTree tree;
  tree.write("hitch.yaml", "services: {A: {command: [sh], env_file: long.env}}\n");
  tree.write("long.env", "A=1\nV=" + std::string(kLongestArgument - 1, 'x') + '\n');
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.render(),
            "long.env:2:1: services.A.env_file[0]: 'V' " + std::string(kTooLong) + '\n');
}

}  // namespace
}  // namespace hitch
