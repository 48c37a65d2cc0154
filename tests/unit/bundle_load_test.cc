#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "bundle_support.h"
#include "runtime/base/fd.h"
#include "runtime/bundle/init_template.h"
#include "runtime/bundle/load.h"
#include "runtime/bundle/render.h"

namespace hitch {
namespace {

using ::testing::HasSubstr;
using testing::request_in;
using testing::TempTree;

constexpr std::string_view kOne = "services: {A: {command: [sh]}}\n";

std::string service_names(const LoadOutcome& outcome) {
  if (!outcome.ok()) return outcome.diagnostics.render();
  std::string names;
  for (const auto& service : outcome.spec->services) names += service.name + ' ';
  return names;
}

TEST(BundleLoad, FindsTheFileInTheDirectoryOrAboveIt) {
  const TempTree tree;
  tree.write("hitch.yml", kOne);
  tree.write("a/b/c/x", "");
  const auto outcome = load_bundle(request_in(tree.path() / "a/b/c", {}));
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  EXPECT_EQ(outcome.spec->directory, tree.path());
  EXPECT_EQ(outcome.spec->files, std::vector{(tree.path() / "hitch.yml").native()});
}

TEST(BundleLoad, PrefersYamlToYmlToJsonAndTheNearestDirectory) {
  const TempTree tree;
  const auto file = [&] {
    return load_bundle(request_in(tree.path() / "a", {})).spec->files.front();
  };
  tree.write("hitch.yaml", kOne);
  tree.write("a/hitch.json", "{}");
  EXPECT_EQ(file(), "hitch.json");
  tree.write("a/hitch.yml", kOne);
  EXPECT_EQ(file(), "hitch.yml");
  tree.write("a/hitch.yaml", kOne);
  EXPECT_EQ(file(), "hitch.yaml");
}

TEST(BundleLoad, NoFileIsAnErrorThatSaysWhatToDo) {
  const TempTree tree;
  const auto text = load_bundle(request_in(tree.path(), {})).diagnostics.render();
  EXPECT_EQ(text, "there is no hitch.yaml, hitch.yml or hitch.json in '" + tree.path().native() +
                      "' or above it; 'hitch init' writes a first one, '-f FILE' names another\n");
}

TEST(BundleLoad, AFileThatCannotBeReadIsAnErrorWithTheReason) {
  const TempTree tree;
  tree.write("dir/x", "");
  tree.write("bad.yaml", "servics: {}\n");
  EXPECT_EQ(
      load_bundle(request_in(tree.path(), {"nope.yaml", "dir", "bad.yaml"})).diagnostics.render(),
      "nope.yaml: cannot read the file: No such file or directory\n"
      "dir: cannot read the file: Is a directory\n");
}

TEST(BundleLoad, AFifoIsReadWhenItsWriterComesAndStartsAtTheCurrentDirectory) {
  const TempTree tree;
  const auto fifo = tree.path() / "elsewhere.yaml";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] {
    const UniqueFd end(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));  // waits for the reader
    constexpr std::string_view kText = "services: {A: {command: [sh], working_dir: bin}}\n";
    EXPECT_EQ(::write(end.get(), kText.data(), kText.size()), static_cast<ssize_t>(kText.size()));
  });
  const auto outcome = load_bundle(request_in("/usr", {fifo.native()}));
  writer.join();
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  EXPECT_EQ(outcome.spec->directory, "/usr");
  EXPECT_EQ(outcome.spec->services[0].working_dir, "/usr/bin");
}

TEST(BundleLoad, ADescriptorNamedByItsPathCountsAsStandardInput) {
  const TempTree tree;
  tree.write("x", "{\"services\":\t{\"A\": {\"command\": \"sh\", \"working_dir\": \"bin\"}}}");
  const UniqueFd file(::open((tree.path() / "x").c_str(), O_RDONLY | O_CLOEXEC));
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/", "/dev/../dev/fd/"}) {
    const auto outcome = load_bundle(request_in("/usr", {folder + std::to_string(file.get())}));
    ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
    EXPECT_EQ(outcome.spec->directory, "/usr") << folder;
    EXPECT_EQ(outcome.spec->name, "usr") << folder;
  }
}

TEST(BundleLoad, AWrongFileBehindADescriptorIsNamedAsItWasGiven) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_EQ(::write(writer.get(), "a: 1\n", 5), 5);
  writer.reset();
  const std::string path = "/dev/fd/" + std::to_string(reader.get());
  EXPECT_EQ(load_bundle(request_in("/usr", {path})).diagnostics.render(),
            path + ":1:1: a: unknown key\n");
}

LoadOutcome load_stdin(std::string_view text) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  UniqueFd reader(ends[0]), writer(ends[1]);
  EXPECT_EQ(::write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  writer.reset();
  auto request = request_in("/usr", {"-"});
  request.stdin_fd = reader.get();
  return load_bundle(request);
}

TEST(BundleLoad, ReadsStandardInputAsYamlOrJsonFromTheCurrentDirectory) {
  const auto outcome = load_stdin("services: {A: {command: [sh], working_dir: bin}}\n");
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  EXPECT_EQ(outcome.spec->services[0].working_dir, "/usr/bin");
  EXPECT_EQ(outcome.spec->name, "usr");
  EXPECT_TRUE(load_stdin("{\"services\":\t{\"A\": {\"command\": \"sh -c \\/\"}}}").ok());
  EXPECT_EQ(load_stdin("a: 1\n").diagnostics.render(), "<stdin>:1:1: a: unknown key\n");
}

TEST(BundleLoad, LaterFilesAreMergedAndPathsStartAtTheFirst) {
  const TempTree tree;
  tree.write("one/hitch.yaml", "services: {A: {command: [sh], environment: {X: 1, Y: 1}}}\n");
  tree.write("one/sub/x", "");
  tree.write("two/over.yaml", "services: {A: {environment: [Y=2], working_dir: sub}}\n");
  tree.write("three.json", R"({"services": {"A": {"environment": {"Z": 3}}}})");
  const auto outcome =
      load_bundle(request_in(tree.path(), {"one/hitch.yaml", "two/over.yaml", "three.json"}));
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  const auto& service = outcome.spec->services[0];
  EXPECT_EQ(service.environment, (Variables{{"X", "1"}, {"Y", "2"}, {"Z", "3"}}));
  EXPECT_EQ(service.working_dir, tree.path() / "one/sub");
  EXPECT_EQ(outcome.spec->directory, tree.path() / "one");
}

TEST(BundleLoad, ErrorsOfAllFilesComeAtOnceInTheOrderOfTheFiles) {
  const TempTree tree;
  tree.write("z.yaml", "services: {A: {comand: 1}}\nservics: 1\n");
  tree.write("a.yaml", "services: {A: {redy: 1}}\n");
  EXPECT_EQ(load_bundle(request_in(tree.path(), {"z.yaml", "a.yaml"})).diagnostics.render(),
            "z.yaml:1:16: services.A.comand: unknown key, did you mean 'command'?\n"
            "z.yaml:2:1: servics: unknown key, did you mean 'services'?\n"
            "a.yaml:1:15: services.A: has no 'command', 'shell' or 'recipe'\n"
            "a.yaml:1:16: services.A.redy: unknown key, did you mean 'ready'?\n");
}

TEST(BundleLoad, SyntaxErrorsOfAllFilesComeAtOnce) {
  const TempTree tree;
  tree.write("1.yaml", "a: [\n");
  tree.write("2.json", "{");
  EXPECT_EQ(load_bundle(request_in(tree.path(), {"1.yaml", "2.json"})).diagnostics.render(),
            "1.yaml:2:1: not valid YAML: the '[' before this is never closed\n"
            "2.json:1:2: not valid JSON: expected a key in double quotes\n");
}

TEST(BundleLoad, TheNameComesFromTheRequestTheFileOrTheDirectory) {
  const TempTree tree;
  tree.write("My Project!/hitch.yaml", kOne);
  tree.write("named.yaml", "name: from-file\n");
  auto request = request_in(tree.path() / "My Project!", {});
  EXPECT_EQ(load_bundle(request).spec->name, "My-Project-");
  request.files = {"../named.yaml"};
  EXPECT_EQ(load_bundle(request).spec->name, "from-file");
  request.project_name = "given";
  EXPECT_EQ(load_bundle(request).spec->name, "given");
  request.project_name = "a/b";
  EXPECT_EQ(load_bundle(request).diagnostics.render(),
            "the bundle's name 'a/b' is no name: it takes letters, digits, '.', '_' and '-'\n");
  request.project_name = "";
  EXPECT_EQ(load_bundle(request).diagnostics.render(),
            "the bundle's name '' is no name: it takes letters, digits, '.', '_' and '-'\n");
}

TEST(BundleLoad, WhatUnselectedServicesLackOnThisMachineIsNoError) {
  const TempTree tree;
  tree.write("hitch.yaml",
             "services:\n"
             "  A: {command: [sh]}\n"
             "  B: {command: [hitch-no-such-program, '${UNSET}'], env_file: nowhere}\n");
  auto request = request_in(tree.path(), {});
  EXPECT_FALSE(load_bundle(request).ok());
  request.services = {"A"};
  EXPECT_EQ(service_names(load_bundle(request)), "A ");
  request.services = {"Aa"};
  EXPECT_EQ(service_names(load_bundle(request)), "there is no service 'Aa', did you mean 'A'?\n");
}

TEST(BundleLoad, ButWhatIsWrongInTheirTextIs) {
  const TempTree tree;
  tree.write("hitch.yaml",
             "services:\n  A: {command: [sh]}\n  B: {command: [sh], redy: x, profiles: [p]}\n");
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.render(),
            "hitch.yaml:3:22: services.B.redy: unknown key, did you mean 'ready'?\n");
}

TEST(BundleLoad, ProfilesChooseServices) {
  const TempTree tree;
  tree.write("hitch.yaml",
             "services:\n  A: {command: [sh]}\n  B: {command: [sh], profiles: [debug, x]}\n");
  auto request = request_in(tree.path(), {});
  EXPECT_EQ(service_names(load_bundle(request)), "A ");
  request.profiles = {"debug"};
  EXPECT_EQ(service_names(load_bundle(request)), "A B ");
  request.profiles = {"debugg"};
  EXPECT_EQ(service_names(load_bundle(request)),
            "there is no profile 'debugg', did you mean 'debug'?\n");
  request.profiles = {"y"};  // as near to '*', which is no name of a profile
  EXPECT_EQ(load_bundle(request).diagnostics.render(),
            "there is no profile 'y', did you mean 'x'?\n");
}

TEST(BundleLoad, PatternsKnowWhereTheyWereWritten) {
  const auto outcome = testing::load_text(
      "services:\n  A:\n    command: [sh]\n    ready: {any: [{log_regex: '['}, x]}\n");
  ASSERT_TRUE(outcome.ok());
  const auto& group = std::get<ReadyGroup>(outcome.spec->services[0].ready->condition.test);
  const auto& log = std::get<LogReady>(group.members[0].test);
  EXPECT_EQ(log.mark.file, "hitch.yaml");
  EXPECT_EQ(log.mark.line, 4);
  EXPECT_EQ(log.mark.column, 31);
  EXPECT_EQ(log.key_path, "services.A.ready.any[0].log_regex");
}

TEST(BundleLoad, TheServicesTimeoutIsTheBundlesUnlessItSaysOtherwise) {
  const auto outcome = testing::load_text(
      "startup_timeout: 40s\nservices:\n  A: {command: [sh]}\n"
      "  B: {command: [sh], startup_timeout: 1s}\n");
  EXPECT_EQ(outcome.spec->services[0].startup_timeout, Milliseconds(40'000));
  EXPECT_EQ(outcome.spec->services[1].startup_timeout, Milliseconds(1'000));
}

TEST(BundleLoad, AProgramInTheBundlesDirectoryIsLookedForEvenBelowTmp) {
  const TempTree tree;  // below /tmp, which is private in the bundle unless the bundle lives there
  tree.write("hitch.yaml", "services: {A: {command: [./nope]}, B: {command: [./there]}}\n");
  tree.write("there", "#!/bin/sh\n");
  ASSERT_EQ(::chmod((tree.path() / "there").c_str(), 0755), 0);
  EXPECT_EQ(load_bundle(request_in(tree.path(), {})).diagnostics.render(),
            "hitch.yaml:1:25: services.A.command: there is no program '" +
                (tree.path() / "nope").native() + "'\n");
}

TEST(BundleLoad, FirstRecipeDirectoryWins) {
  const TempTree tree;
  tree.write("one/r.yaml", "service: {command: [sh, one]}\n");
  tree.write("two/r.yaml", "service: {command: [sh, two]}\n");
  tree.write("two/s.yaml", "service: {command: [sh, s]}\n");
  tree.write("hitch.yaml", "services: {A: {recipe: r}, B: {recipe: s}, C: {recipe: sss}}\n");
  auto request = request_in(tree.path(), {});
  request.recipe_dirs = {tree.path() / "none", tree.path() / "one", tree.path() / "two"};
  EXPECT_THAT(load_bundle(request).diagnostics.render(),
              HasSubstr("services.C.recipe: there is no recipe 'sss'"));
  tree.write("hitch.yaml", "services: {A: {recipe: r}, B: {recipe: s}}\n");
  const auto outcome = load_bundle(request);
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  EXPECT_EQ(outcome.spec->services[0].command, (Command{"sh", "one"}));
  EXPECT_EQ(outcome.spec->services[1].command, (Command{"sh", "s"}));
}

TEST(BundleLoad, ARecipeCanBeResetAndOverridden) {
  const TempTree tree;
  tree.write("r.yaml",
             "service: {command: [sh], setup: [[sh]], tmpfs: [/a], environment: {X: 1, Y: 1}}\n");
  tree.write(
      "hitch.yaml",
      "services:\n"
      "  A: {recipe: r, setup: !reset null, tmpfs: !override [/b], environment: {X: !reset}}\n"
      "  B: {recipe: r, environment: !override {Z: 1}}\n");
  auto request = request_in(tree.path(), {});
  request.recipe_dirs = {tree.path()};
  const auto outcome = load_bundle(request);
  ASSERT_TRUE(outcome.ok()) << outcome.diagnostics.render();
  const auto &a = outcome.spec->services[0], &b = outcome.spec->services[1];
  EXPECT_TRUE(a.setup.empty());
  EXPECT_EQ(a.tmpfs, std::vector<std::filesystem::path>{"/b"});
  EXPECT_EQ(a.environment, (Variables{{"Y", "1"}}));
  EXPECT_EQ(b.environment, (Variables{{"Z", "1"}}));
}

TEST(BundleLoad, TheFirstBundleOfHitchInitLoads) {
  const auto outcome = testing::load_text(init_template());
  EXPECT_EQ(service_names(outcome), "Web Hello ");
}

TEST(BundleLoad, EnvironmentIsReadFromEnviron) {
  const std::array<const char*, 5> environ{"A=1", "B=x=y", "A=2", "broken", nullptr};
  EXPECT_EQ(environment_from(environ.data()), (Environment{{"A", "1"}, {"B", "x=y"}}));
  EXPECT_TRUE(environment_from(nullptr).empty());
}

TEST(BundleRender, AwkwardTextComesBackAsItWas) {
  BundleSpec bundle;
  bundle.name = "x";
  ServiceSpec service;
  service.name = "A";
  service.working_dir = "/usr";
  service.command = {"sh",     "",       " ",     "~",       "null", "Null", "TRUE", "no",
                     "1",      "1e3",    "0x1",   "-1",      "-",    "--",   "---",  "-a",
                     "- a",    "a: b",   "a #",   "#",       "[",    "{a}",  "&a",   "*a",
                     "!a",     "|",      ">",     "%",       "@",    "`",    "'",    "\"",
                     "\\",     "a\nb",   "\t",    "\r",      "\x01", "\x7f", "é😀",   "\u2028",
                     "\u0085", "\uFEFF", "$HOME", "${HOME}", "$$",   "15s",  "0xs",  ".inf",
                     "<<",     "=",      ",",     "?",       "? a",  "a:"};
  service.environment = {{"a b", "1"}, {"no", "x"}, {"1", "y"}, {"x-y", "z"}, {"<<", "m"}};
  bundle.services = {service};
  const TempTree tree;
  for (const char* name : {"b.yaml", "b.json"}) {
    const bool json = std::string_view(name) == "b.json";
    tree.write(name, json ? render_json(bundle) : render_yaml(bundle));
    const auto again = load_bundle(request_in(tree.path(), {name}));
    ASSERT_TRUE(again.ok()) << again.diagnostics.render() << render_yaml(bundle);
    EXPECT_EQ(again.spec->services[0].command, service.command);
    EXPECT_EQ(again.spec->services[0].environment, service.environment);
  }
}

}  // namespace
}  // namespace hitch
