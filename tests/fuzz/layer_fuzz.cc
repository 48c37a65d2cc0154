// Whatever a layer of an image holds, unpacking it neither crashes nor touches what is beside the
// directory that it is unpacked into, and all of it can be removed again.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/oci/unpack.h"
#include "runtime/oci/unpack_tree.h"

namespace hitch {
namespace {

namespace fs = std::filesystem;

void require(bool holds) {
  if (!holds) std::abort();
}

/// "scratch/root" is unpacked into; "scratch/outside" is what an archive would like to reach.
class Scratch {
 public:
  Scratch() {
    std::string made = (fs::temp_directory_path() / "layer-fuzz-XXXXXX").string();
    require(::mkdtemp(made.data()) != nullptr);
    path_ = made;
    directory_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require(::mkdirat(directory_.get(), "outside", 0700) == 0);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(path_); }

  UniqueFd make_root() const {
    require(::mkdirat(directory_.get(), "root", 0700) == 0);
    return UniqueFd(::openat(directory_.get(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  void remove_root() const {
    require(static_cast<bool>(remove_below(directory_.get(), "root")));
    require(fs::is_empty(path_ / "outside"));
    require(std::distance(fs::directory_iterator(path_), {}) == 1);
  }

 private:
  fs::path path_;
  UniqueFd directory_;
};

UniqueFd blob_of(const std::uint8_t* data, std::size_t size) {
  UniqueFd blob(::memfd_create("layer", MFD_CLOEXEC));
  require(::write(blob.get(), data, size) == static_cast<ssize_t>(size));
  require(::lseek(blob.get(), 0, SEEK_SET) == 0);
  return blob;
}

void unpack(const Scratch& scratch, const UniqueFd& blob, Whiteouts whiteouts) {
  const auto root = scratch.make_root();
  UnpackRequest request;
  request.blob = blob.get();
  request.root = root.get();
  request.whiteouts = whiteouts;
  request.limits = {.entries = 100, .bytes = 1 << 20};
  for (int i = 0; i < 2; ++i) {  // the second time over the first one, as layers may be
    require(::lseek(blob.get(), 0, SEEK_SET) == 0);
    // Without a digest it has to match there is always an error, after all the work.
    require(!unpack_layer(request));
  }
  scratch.remove_root();
}

}  // namespace
}  // namespace hitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hitch::Scratch scratch;
  const auto blob = hitch::blob_of(data, size);
  unpack(scratch, blob, hitch::Whiteouts::kMark);
  unpack(scratch, blob, hitch::Whiteouts::kApply);
  return 0;
}
