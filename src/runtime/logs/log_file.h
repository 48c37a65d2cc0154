#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/logs/record.h"

namespace hitch {

/// Name of the log's file in the directory of a run.
inline constexpr std::string_view kLogFileName = "log";

/// The file of one log, for reading: shared by its writer, if that is in this process, and all
/// cursors. May be used by several threads at once.
class LogFile {
 public:
  /// Opens the log of a run that another process writes or that has ended.
  /// @param dir  the directory of the run
  static Result<std::shared_ptr<LogFile>> open(const std::filesystem::path& dir);
  /// Reads a file that is open already, from its beginning. Used by the store, tests and fuzzing.
  /// @param name  for messages
  LogFile(UniqueFd fd, std::string name);

  /// How far the log goes, in bytes. A file of another process may end in a torn record.
  Result<std::uint64_t> end() const;
  /// Reads up to `into.size()` bytes at `offset`; fewer only at the end of the file. pread(2)
  Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const;
  const std::string& name() const noexcept { return name_; }

  /// The key of a stream, if it has been defined; it stays where it is as long as the file lives.
  const StreamKey* find_stream(StreamId id) const;
  /// Notes the definition of a stream. Definitions come in the order of their ids; one that is
  /// known already is compared.
  /// @return false if it contradicts what is known
  bool learn_stream(StreamId id, const StreamKey& key);
  /// Up to which offset all definitions are known.
  std::uint64_t streams_known_until() const noexcept {
    return known_.load(std::memory_order_acquire);
  }
  /// Notes that all definitions up to `offset` have been learnt.
  void note_streams_known(std::uint64_t offset) noexcept;

  /// An Error that says that the file is damaged at `offset`.
  Error damaged_at(std::uint64_t offset, std::string_view what) const;

 private:
  friend class LogStore;
  void publish_end(std::uint64_t end) noexcept {
    known_.store(end, std::memory_order_release);
    end_.store(end, std::memory_order_release);
  }

  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  UniqueFd fd_;
  std::string name_;
  std::atomic<std::uint64_t> end_ = kUnknown;  ///< told by the writer, if it is in this process
  std::atomic<std::uint64_t> known_ = 0;
  mutable std::mutex mutex_;       ///< guards streams_
  std::deque<StreamKey> streams_;  ///< by id; a deque, so that keys stay where they are
};

}  // namespace hitch
