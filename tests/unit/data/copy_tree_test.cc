#include "runtime/data/copy_tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "runtime/data/remove_tree.h"

namespace hitch {
namespace {

namespace fs = std::filesystem;

class CopyTree : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* place = std::getenv("HITCH_TEST_TMP");  // to see another file system
    std::string name = std::string(place != nullptr ? place : "/tmp") + "/copy-tree-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directory(from());
  }
  void TearDown() override {
    remove_tree(root_);
    EXPECT_FALSE(fs::exists(root_));
  }

  fs::path from() const { return root_ / "from"; }
  fs::path to() const { return root_ / "to"; }
  static struct stat look(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info;
  }
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  CopiedBytes copy() {
    const auto copied = copy_tree(from(), to(), {});
    EXPECT_TRUE(copied.ok()) << copied.error().message();
    return copied.ok() ? *copied : CopiedBytes{};
  }

  fs::path root_;
};

TEST_F(CopyTree, KeepsContentModesTimesAndLinks) {
  fs::create_directory(from() / "sub");
  write(from() / "sub/file", "content");
  ASSERT_EQ(::chmod((from() / "sub/file").c_str(), 0440), 0);
  const timespec times[2] = {{1000, 1}, {2000, 2}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (from() / "sub/file").c_str(), times, 0), 0);
  fs::create_symlink("sub/file", from() / "link");
  fs::create_symlink("nowhere", from() / "dangling");
  ASSERT_EQ(::mkfifo((from() / "fifo").c_str(), 0620), 0);
  ASSERT_EQ(::chmod((from() / "sub").c_str(), 0500), 0);
  const auto bytes = copy();
  EXPECT_EQ(bytes.shared + bytes.copied, 7U);
  EXPECT_EQ(read(to() / "link"), "content");
  EXPECT_EQ(fs::read_symlink(to() / "dangling"), "nowhere");
  EXPECT_TRUE(fs::is_fifo(to() / "fifo"));
  EXPECT_EQ(look(to() / "sub").st_mode & 07777, 0500U);
  EXPECT_EQ(look(to() / "sub/file").st_mode & 07777, 0440U);
  EXPECT_EQ(look(to() / "sub/file").st_mtim.tv_sec, 2000);
  EXPECT_EQ(look(to() / "sub/file").st_mtim.tv_nsec, 2);
}

TEST_F(CopyTree, HardLinksStayOneFile) {
  write(from() / "a", "content");
  fs::create_hard_link(from() / "a", from() / "b");
  (void)copy();
  EXPECT_EQ(look(to() / "a").st_ino, look(to() / "b").st_ino);
  EXPECT_NE(look(to() / "a").st_ino, look(from() / "a").st_ino);
}

TEST_F(CopyTree, HolesStayHoles) {
  constexpr off_t kSize = 64 << 20;
  write(from() / "sparse", "begin");
  ASSERT_EQ(::truncate((from() / "sparse").c_str(), kSize), 0);
  const int fd = ::open((from() / "sparse").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::pwrite(fd, "mid", 3, kSize / 2), 3);
  ::close(fd);
  (void)copy();
  EXPECT_EQ(look(to() / "sparse").st_size, kSize);
  EXPECT_LT(look(to() / "sparse").st_blocks * 512, kSize / 8);
  const auto text = read(to() / "sparse");
  EXPECT_EQ(text.substr(0, 6), std::string("begin\0", 6));
  EXPECT_EQ(text.substr(kSize / 2, 4), std::string("mid\0", 4));
}

TEST_F(CopyTree, SharesBlocksWhereTheFileSystemCan) {
  write(from() / "file", std::string(1 << 20, 'x'));
  const auto bytes = copy();
  if (bytes.shared == 0) GTEST_SKIP() << root_ << " is on a file system without reflinks";
  EXPECT_EQ(bytes.shared, 1U << 20);
  EXPECT_EQ(bytes.copied, 0U);
  write(to() / "file", "changed");
  EXPECT_EQ(read(from() / "file"), std::string(1 << 20, 'x'));
}

TEST_F(CopyTree, KeepsExtendedAttributes) {
  write(from() / "file", "x");
  if (::setxattr((from() / "file").c_str(), "user.colour", "blue", 4, 0) != 0) {
    GTEST_SKIP() << "no attributes on this file system";
  }
  ASSERT_EQ(::chmod((from() / "file").c_str(), 0400), 0);
  (void)copy();
  char value[8] = {};
  EXPECT_EQ(::getxattr((to() / "file").c_str(), "user.colour", value, sizeof value), 4);
  EXPECT_STREQ(value, "blue");
}

TEST_F(CopyTree, AFailureNamesTheFileAndTheErrno) {
  write(from() / "file", "x");
  const auto into_nowhere = copy_tree(from(), root_ / "missing/to", {});
  ASSERT_FALSE(into_nowhere.ok());
  EXPECT_THAT(into_nowhere.error().message(),
              ::testing::MatchesRegex("create directory '.*/missing/to': No such file.*"));
  const auto of_nothing = copy_tree(root_ / "absent", to(), {});
  ASSERT_FALSE(of_nothing.ok());
  EXPECT_EQ(of_nothing.error().err(), ENOENT);
}

TEST_F(CopyTree, EndsWhenItIsAskedTo) {
  write(from() / "file", "x");
  std::stop_source stop;
  stop.request_stop();
  const auto copied = copy_tree(from(), to(), stop.get_token());
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().kind(), Kind::kInterrupted);
}

}  // namespace
}  // namespace hitch
