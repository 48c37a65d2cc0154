#include "runtime/oci/layer_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/oci/sha256.h"

namespace hitch {

namespace {

constexpr std::size_t kReadBytes = 128 * 1024;

struct FreeArchive {
  void operator()(archive* reader) const { (void)::archive_read_free(reader); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

/// libarchive wants to turn names into those of the locale, and gives none that it cannot.
class Utf8Locale {
 public:
  Utf8Locale() : mine_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (mine_ != nullptr) before_ = ::uselocale(mine_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (mine_ == nullptr) return;
    (void)::uselocale(before_);
    ::freelocale(mine_);
  }

 private:
  locale_t mine_;
  locale_t before_ = nullptr;
};

Error failure(archive* reader, const char* action) {
  const char* const why = ::archive_error_string(reader);
  return Error::because(std::string(action) + ": " + (why != nullptr ? why : "it is damaged"));
}

LayerEntry::Type type_of(archive_entry* entry) {
  using enum LayerEntry::Type;
  if (::archive_entry_hardlink(entry) != nullptr) return kHardLink;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFREG:
      return kFile;
    case AE_IFDIR:
      return kDirectory;
    case AE_IFLNK:
      return kSymlink;
    case AE_IFIFO:
      return kFifo;
    case AE_IFSOCK:
      return kSocket;
    case AE_IFCHR:
    case AE_IFBLK:
      return kDevice;
    default:
      return kOdd;
  }
}

/// Empty if there is none that can be had.
std::string text_of(const char* as_it_is, const char* as_utf8) {
  if (as_it_is != nullptr) return as_it_is;
  return as_utf8 != nullptr ? as_utf8 : "";
}

}  // namespace

struct LayerReader::State {
  Utf8Locale locale;
  Archive blob{::archive_read_new()};  ///< the stream within the compression
  Archive tar{::archive_read_new()};   ///< the archive that is this stream
  Sha256 sum;
  std::uint64_t bytes = 0, most_bytes = 0;
  std::unique_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);

  /// The next piece of the stream. @return its length, 0 at the end, -1 after an error of `into`
  ssize_t pull(archive* into) {
    const ssize_t n = ::archive_read_data(blob.get(), buffer.get(), kReadBytes);
    if (n < 0) {
      const char* const why = ::archive_error_string(blob.get());
      ::archive_set_error(into, EIO, "%s", why != nullptr ? why : "the compression is damaged");
      return -1;
    }
    bytes += static_cast<std::uint64_t>(n);
    if (bytes > most_bytes) {
      const std::string most = std::to_string(most_bytes >> 20U);  // there is no %llu in there
      ::archive_set_error(into, EFBIG, "it is larger than %s MiB when it is unpacked",
                          most.c_str());
      return -1;
    }
    sum.add({buffer.get(), static_cast<std::size_t>(n)});
    return n;
  }

  static la_ssize_t pull_for(archive* into, void* data, const void** piece) {
    auto* const state = static_cast<State*>(data);
    *piece = state->buffer.get();
    return state->pull(into);
  }
};

LayerReader::LayerReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LayerReader::LayerReader(LayerReader&&) noexcept = default;
LayerReader::~LayerReader() = default;

Result<LayerReader> LayerReader::open(int blob, std::uint64_t most_bytes) {
  auto state = std::make_unique<State>();
  state->most_bytes = most_bytes;
  auto* const stream = state->blob.get();
  (void)::archive_read_support_filter_gzip(stream);
  (void)::archive_read_support_filter_zstd(stream);
  (void)::archive_read_support_format_raw(stream);
  (void)::archive_read_support_format_empty(stream);
  archive_entry* only = nullptr;
  if (::archive_read_open_fd(stream, blob, kReadBytes) != ARCHIVE_OK ||
      ::archive_read_next_header(stream, &only) != ARCHIVE_OK) {
    return failure(stream, "read it");
  }
  auto* const tar = state->tar.get();
  (void)::archive_read_support_format_tar(tar);
  if (::archive_read_open(tar, state.get(), nullptr, &State::pull_for, nullptr) != ARCHIVE_OK) {
    return failure(tar, "read its archive");
  }
  return LayerReader(std::move(state));
}

Result<bool> LayerReader::next(LayerEntry& entry) {
  archive_entry* found = nullptr;
  const int rc = ::archive_read_next_header(state_->tar.get(), &found);
  if (rc == ARCHIVE_EOF) return false;
  if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) return failure(state_->tar.get(), "read its archive");
  entry = LayerEntry{};
  entry.type = type_of(found);
  entry.path = text_of(::archive_entry_pathname(found), ::archive_entry_pathname_utf8(found));
  entry.link = entry.type == LayerEntry::Type::kHardLink
                   ? text_of(::archive_entry_hardlink(found), ::archive_entry_hardlink_utf8(found))
                   : text_of(::archive_entry_symlink(found), ::archive_entry_symlink_utf8(found));
  entry.mode = ::archive_entry_perm(found);
  entry.size = ::archive_entry_size(found);
  entry.modified = {::archive_entry_mtime(found), ::archive_entry_mtime_nsec(found)};
  entry.has_attributes = ::archive_entry_xattr_count(found) > 0;
  return true;
}

Status LayerReader::copy_content(int fd) {
  for (;;) {
    const void* piece = nullptr;
    std::size_t length = 0;
    la_int64_t at = 0;
    const int rc = ::archive_read_data_block(state_->tar.get(), &piece, &length, &at);
    if (rc == ARCHIVE_EOF) return Done{};
    if (rc != ARCHIVE_OK) return failure(state_->tar.get(), "read its archive");
    for (std::size_t done = 0; done < length;) {
      const ssize_t n = ::pwrite(fd, static_cast<const char*>(piece) + done, length - done,
                                 at + static_cast<la_int64_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error::from_errno(errno, "write");
      done += static_cast<std::size_t>(n);
    }
  }
}

Result<std::string> LayerReader::diff_id() {
  for (;;) {  // what follows the end of the archive is summed up, too
    const ssize_t n = state_->pull(state_->tar.get());
    if (n < 0) return failure(state_->tar.get(), "read it");
    if (n == 0) return state_->sum.name();
  }
}

}  // namespace hitch
