#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/logs/cursor.h"
#include "runtime/logs/store.h"

namespace hitch::testing {

/// A directory that lives as long as the test, and a log in it with a hand-cranked clock.
class LogFixture : public ::testing::Test {
 protected:
  LogFixture() {
    std::string name = std::filesystem::temp_directory_path() / "hitch-log-XXXXXX";
    dir_ = ::mkdtemp(name.data());
  }
  ~LogFixture() override { std::filesystem::remove_all(dir_); }

  LogStore new_store(std::uint64_t size_limit_bytes = 0) {
    const auto clock = [this] {
      return LogTimes{.wall = now_, .bundle = now_ * 2, .monotonic = now_ / 2};
    };
    auto store = LogStore::create(dir_, {.size_limit_bytes = size_limit_bytes, .clock = clock});
    EXPECT_TRUE(store) << store.error().message();
    return *std::move(store);
  }

  std::filesystem::path log_path() const { return dir_ / kLogFileName; }
  std::string image() const {
    std::ifstream file(log_path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void set_image(std::string_view bytes) const {
    std::ofstream file(log_path(), std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  std::filesystem::path dir_;
  LogTimes::Nanoseconds now_{1000};
};

/// A line with its text copied.
struct SeenLine {
  explicit SeenLine(const LogLine& seen) : line(seen), text(seen.text) {}
  LogLine line;
  std::string text;
};

/// All lines that there are, as "service: text", with "…" where a piece goes on, "~" where one went
/// on, "$" where a newline is missing.
inline std::string describe(const LogLine& line) {
  std::string out = line.key->service + ": ";
  if (line.continued) out += "~";
  out += line.text;
  if (line.continues) {
    out += "…";
  } else if (!line.has_newline) {
    out += "$";
  }
  return out;
}

inline std::vector<std::string> read_lines(LogCursor& cursor) {
  std::vector<std::string> lines;
  for (;;) {
    const auto line = cursor.next();
    EXPECT_TRUE(line) << line.error().message();
    if (!line || !*line) return lines;
    lines.push_back(describe(**line));
  }
}

inline std::vector<std::string> read_log(const std::shared_ptr<LogFile>& file,
                                         CursorOptions options = {}) {
  LogCursor cursor(file, std::move(options));
  auto lines = read_lines(cursor);
  while (const auto line = cursor.next_unfinished()) lines.push_back(describe(*line));
  return lines;
}

inline void must(const Status& status) {
  EXPECT_TRUE(status) << status.error().message();
}

}  // namespace hitch::testing
