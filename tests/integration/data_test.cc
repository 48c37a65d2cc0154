// Data directories that are prepared once, cached, and thrown away after each run.
#include <csignal>
#include <thread>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// `prepare` appends to a file in the bundle's directory, which is written for real.
class PreparedData : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write_file("schema.sql", "one");
    bundle.write(R"(
services:
  Db:
    shell: "cat $HITCH_DATA/db/rows; echo changed >>$HITCH_DATA/db/rows; echo up; sleep 1000"
    ready: up
    data:
      path: db
      prepare:
        - [sh, -c, "echo prepared >>prepared; sleep 0.1; echo first row >$HITCH_DATA/db/rows"]
        - [sh, -c, "mkdir $HITCH_DATA/db/sub && ln -s rows $HITCH_DATA/db/link"]
      key: [schema.sql]
)");
  }
  std::size_t times_prepared() const {
    return bundle.has_file("prepared") ? lines_of(bundle.read_file("prepared")).size() : 0;
  }
  ProcessResult use(std::vector<std::string> options = {}) {
    std::vector<std::string> arguments{"run"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    for (const char* word : {"--", "/bin/true"}) arguments.emplace_back(word);
    const auto result = run(arguments);
    EXPECT_TRUE(exited(result, 0));
    EXPECT_TRUE(has_line(result.err, R"(Db\] first row$)"));
    EXPECT_EQ(count_lines(result.err, R"(Db\] changed$)"), 0) << "an older run shows through";
    return result;
  }
};

TEST_F(PreparedData, IsPreparedOnceAndFreshInEachRun) {
  for (int i = 0; i < 3; ++i) use();
  EXPECT_EQ(times_prepared(), 1U);
  EXPECT_FALSE(std::filesystem::is_empty(bundle.cache() / "hitch"));
}

TEST_F(PreparedData, ChangedKeyFilePreparesAgain) {
  use();
  bundle.write_file("schema.sql", "two");
  use();
  EXPECT_EQ(times_prepared(), 2U);
  bundle.write_file("schema.sql", "one");
  use();
  EXPECT_EQ(times_prepared(), 2U) << "the first one was still in the cache";
}

TEST_F(PreparedData, ChangedPrepareCommandPreparesAgain) {
  use();
  auto yaml = bundle.read_file("hitch.yaml");
  yaml.replace(yaml.find("sleep 0.1"), 9, "sleep 0.2");
  bundle.write(yaml);
  use();
  EXPECT_EQ(times_prepared(), 2U);
}

TEST_F(PreparedData, NoCachePreparesAgain) {
  use();
  use({"--no-cache"});
  EXPECT_EQ(times_prepared(), 2U);
}

TEST_F(PreparedData, ParallelColdStartsPrepareOnce) {
  std::vector<std::unique_ptr<HitchProcess>> runs;
  for (int i = 0; i < 6; ++i) runs.push_back(start({"run", "--", "/bin/true"}));
  for (auto& hitch : runs) EXPECT_TRUE(exited(hitch->wait(), 0));
  EXPECT_EQ(times_prepared(), 1U);
}

TEST_F(PreparedData, KeyThatIsNoFileIsAnErrorThatNamesIt) {
  auto yaml = bundle.read_file("hitch.yaml");
  yaml.replace(yaml.find("schema.sql"), 10, "/dev/zero");
  bundle.write(yaml);
  EXPECT_TRUE(failed_saying(run({"run", "--", "/bin/true"}), 2, ""));
  std::filesystem::create_directory(bundle.directory() / "schemas");
  yaml.replace(yaml.find("/dev/zero"), 9, "schemas");
  bundle.write(yaml);
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("/schemas'"));
  EXPECT_EQ(times_prepared(), 0U);
}

TEST_F(PreparedData, FailedPreparationFailsTheRunAndIsNotCached) {
  bundle.write(R"(
services:
  Db:
    command: [sleep, "1000"]
    data:
      path: db
      prepare: [[sh, -c, "echo try >>prepared; test -e good || { echo disk is bad; exit 3; }"]]
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(failed_saying(result, 125, "Db"));
  EXPECT_THAT(result.err, HasSubstr("disk is bad"));
  bundle.write_file("good", "");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_EQ(times_prepared(), 2U);
}

TEST_F(PreparedData, KilledPreparationIsNotTakenForAFinishedOne) {
  bundle.write(R"(
services:
  Db:
    shell: "cat $HITCH_DATA/db/rows; sleep 1000"
    ready: whole
    data:
      path: db
      prepare:
        - [sh, -c, "echo half >$HITCH_DATA/db/rows; echo x >>prepared; test -e fast || sleep 100"]
        - [sh, -c, "echo whole >$HITCH_DATA/db/rows"]
)");
  auto hitch = start({"run", "--", "/bin/true"});
  for (const auto end = std::chrono::steady_clock::now() + kPatience;
       times_prepared() == 0 && std::chrono::steady_clock::now() < end;) {
    std::this_thread::sleep_for(5ms);
  }
  ASSERT_EQ(times_prepared(), 1U);
  hitch->send_signal(SIGKILL);
  (void)hitch->wait();
  bundle.write_file("fast", "");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

}  // namespace
}  // namespace hitch::testing
