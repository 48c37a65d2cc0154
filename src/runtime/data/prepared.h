#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/data/digest.h"

namespace hitch {

/// What the content of a prepared data directory depends on. Two runs that agree in all of it share
/// one copy.
class PreparedKey {
 public:
  void add(std::string_view part);
  /// The content of a file. What is no regular file is an Error of kind kUsage: a directory has no
  /// content, and a device or FIFO no end.
  Status add_file(const std::filesystem::path& path);
  /// Which file a program is, by size and times: a new version prepares anew. Missing is fine.
  void add_program(const std::filesystem::path& path);
  /// A name of 36 letters that stands for all parts (a version 5 UUID). RFC 4122
  std::string name() const;

 private:
  Digest digest_;
};

/// A cache of directories that take long to make: prepared data, layers of images. An entry is
/// complete or not there. Its key is a UUID or 64 hexadecimal digits.
class PreparedCache {
 public:
  /// @param part  of the caller's cache; what is called like an entry in there is one
  explicit PreparedCache(const std::filesystem::path& cache, const char* part = "data")
      : directory_(cache / part) {}

  /// Where an entry is or will be.
  std::filesystem::path place_of(const std::string& key) const { return directory_ / key; }
  /// The entry's directory, if it is there. Marks it as used now.
  std::optional<std::filesystem::path> find(const std::string& key) const;

  /// The right to make an entry; whoever else wants to waits. flock(2)
  class Making {
   public:
    /// An empty directory to fill; removed again unless commit() was called.
    const std::filesystem::path& directory() const noexcept { return directory_; }
    /// Makes what was filled in the entry. rename(2)
    Status commit();
    Making(Making&&) noexcept = default;
    Making& operator=(Making&&) = delete;
    ~Making();

   private:
    friend class PreparedCache;
    Making(UniqueFd lock, std::filesystem::path directory, std::filesystem::path entry)
        : lock_(std::move(lock)), directory_(std::move(directory)), entry_(std::move(entry)) {}
    UniqueFd lock_;
    std::filesystem::path directory_, entry_;
  };
  /// @return nothing if somebody else is making this entry now: look again in a while
  Result<std::optional<Making>> try_make(const std::string& key) const;

  /// Removes entries that no run has used for 30 days, and what killed runs left half-made.
  void drop_unused() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace hitch
