#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "runtime/data/prepared.h"
#include "runtime/data/remove_tree.h"

namespace hitch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Key : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/prepared-key-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { remove_tree(root_); }
  std::string key_of_content(const std::string& content) {
    std::ofstream(root_ / "file", std::ios::binary | std::ios::trunc) << content;
    PreparedKey key;
    const auto status = key.add_file(root_ / "file");
    EXPECT_TRUE(status.ok());
    return key.name();
  }
  static void expect_refused(const fs::path& path) {
    PreparedKey key;
    const auto status = key.add_file(path);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind(), Kind::kUsage);
    EXPECT_THAT(status.error().message(), HasSubstr("'" + path.string() + "' is not a regular"));
  }

  fs::path root_;
};

TEST_F(Key, DependsOnEveryPartAndWhereItEnds) {
  PreparedKey one, other;
  one.add("ab"), one.add("c");
  other.add("a"), other.add("bc");
  EXPECT_NE(one.name(), other.name());
  EXPECT_EQ(one.name(), one.name()) << "asking does not change it";
  EXPECT_EQ(one.name().size(), 36U);
  EXPECT_EQ(one.name()[14], '5') << "a version 5 UUID";
}

TEST_F(Key, DependsOnTheContentOfFiles) {
  const std::string large(200'000, 'x');
  EXPECT_EQ(key_of_content(large), key_of_content(large));
  EXPECT_NE(key_of_content(large), key_of_content(large + 'x'));
  EXPECT_NE(key_of_content(""), key_of_content(std::string(1, '\0')));
}

TEST_F(Key, RefusesWhatHasNoContentOrNoEnd) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  expect_refused(root_);
  expect_refused(root_ / "fifo");
  expect_refused("/dev/zero");
}

TEST_F(Key, AMissingFileIsNamedWithTheErrno) {
  PreparedKey key;
  const auto status = key.add_file(root_ / "absent");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().err(), ENOENT);
  EXPECT_THAT(status.error().message(), HasSubstr("absent': No such file"));
}

}  // namespace
}  // namespace hitch
