// What a layer may be at most. The rest about layers is in tests/integration, where real runs
// unpack them.
#include "runtime/oci/unpack.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/oci/layer_key.h"
#include "runtime/oci/sha256.h"

namespace hitch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Unpack : public ::testing::Test {
 protected:
  Unpack() {
    std::string name = (fs::temp_directory_path() / "hitch-unpack-XXXXXX").native();
    place_ = ::mkdtemp(name.data());
    fs::create_directories(place_ / "from");
    fs::create_directories(place_ / "to");
  }
  ~Unpack() override { fs::remove_all(place_); }

  /// Packs what is in `from`, by tar and gzip, and unpacks that.
  Result<UnpackReport> unpack(UnpackLimits limits) {
    const std::string pack = "cd '" + place_.native() + "/from' && tar -cf ../layer.tar *" +
                             padding_ +
                             " && "
                             "gzip -k ../layer.tar";
    EXPECT_EQ(std::system(pack.c_str()), 0);  // NOLINT(cert-env33-c): the shell of this machine
    const UniqueFd plain(::open((place_ / "layer.tar").c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd blob(::open((place_ / "layer.tar.gz").c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd root(::open((place_ / "to").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    UnpackRequest request;
    request.blob = blob.get();
    request.root = root.get();
    request.diff_id = *sha256_of_file(plain.get());
    request.limits = limits;
    return unpack_layer(request);
  }
  void add(const std::string& name, std::size_t bytes) {
    std::ofstream(place_ / "from" / name) << std::string(bytes, '\0');
  }

  fs::path place_;
  std::string padding_{};
};

TEST_F(Unpack, TakesWhatIsWithinItsLimits) {
  add("a", 100000);
  add("b", 0);
  const auto report = unpack({.entries = 2, .bytes = 1 << 20});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->entries, 2U);
  EXPECT_EQ(fs::file_size(place_ / "to/a"), 100000U);
}

TEST_F(Unpack, RefusesOneEntryTooMany) {
  add("a", 0);
  add("b", 0);
  add("c", 0);
  const auto report = unpack({.entries = 2});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(), "it has more than 2 entries");
}

TEST_F(Unpack, RefusesAFewKilobytesThatAreMegabytes) {
  for (const char* name : {"a", "b", "c", "d"}) add(name, 400 << 10);
  const auto report = unpack({.bytes = 1 << 20});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("with it, the files are larger than 1 MiB"));
}

TEST_F(Unpack, RefusesMegabytesOfNothingBehindTheLastEntry) {
  add("a", 0);
  padding_ = " && truncate -s +4M ../layer.tar";
  const auto report = unpack({.bytes = 1 << 20});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("it is larger than 1 MiB when it is unpacked"));
}

TEST_F(Unpack, RefusesASparseFileThatWouldBeLargeWhereItIsCopied) {
  add("sparse", 1);
  fs::resize_file(place_ / "from/sparse", 1ULL << 40);
  const std::string pack = "cd '" + place_.native() + "/from' && tar --sparse -cf ../layer.tar *";
  ASSERT_EQ(std::system(pack.c_str()), 0);  // NOLINT(cert-env33-c): as above
  const UniqueFd blob(::open((place_ / "layer.tar").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd root(::open((place_ / "to").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto report = unpack_layer({.blob = blob.get(), .root = root.get()});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("the files are larger than 65536 MiB"));
}

TEST(LayerKey, OneLayerAndThatLayerAloneInADirectoryAreTwo) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(key_of_layer(digest), std::string(64, 'a'));
  EXPECT_NE(key_of_layers({digest}), key_of_layer(digest));
  EXPECT_EQ(key_of_layers({digest}).size(), 64U);
}

TEST(Sha256Sum, IsTheOneOfTheStandard) {
  Sha256 sum;
  sum.add("a");
  sum.add("bc");  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sum.name(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace hitch
