#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace hitch::testing {

/// A directory for one test: a bundle and everything that hitch would otherwise share with other
/// runs (HOME and the XDG directories), so that what is left behind is seen. Removed on
/// destruction.
class TempBundle {
 public:
  TempBundle();
  TempBundle(const TempBundle&) = delete;
  TempBundle& operator=(const TempBundle&) = delete;
  ~TempBundle();

  const std::filesystem::path& root() const noexcept { return root_; }
  std::filesystem::path directory() const { return root_ / "bundle"; }
  std::filesystem::path home() const { return root_ / "home"; }
  std::filesystem::path runtime() const { return root_ / "run"; }
  std::filesystem::path state() const { return root_ / "state"; }
  std::filesystem::path cache() const { return root_ / "cache"; }
  /// Unique; in the environment of everything that hitch starts for this bundle.
  const std::string& mark() const noexcept { return mark_; }

  /// Writes hitch.yaml. `@NAME@` becomes the path of a fixture program, see expand. Unless the text
  /// has an `environment` of its own, one with the mark is added.
  void write(std::string_view yaml);
  /// Writes a file below the bundle's directory and makes the directories above it.
  std::filesystem::path write_file(const std::filesystem::path& name, std::string_view content);
  std::string read_file(const std::filesystem::path& name) const;
  bool has_file(const std::filesystem::path& name) const;

  /// Replaces `@dir@` by the bundle's directory, `@mark@` by the mark and every other `@NAME@` by
  /// the path of a copy of that fixture program. The copy is in the bundle's directory, which
  /// services see wherever the build tree is.
  std::string expand(std::string_view text);

  /// What a program of this test runs with.
  std::map<std::string, std::string> environment() const;

 private:
  std::string fixture(const std::string& name);

  std::filesystem::path root_;
  std::string mark_;
};

std::string read_whole_file(const std::filesystem::path& path);

/// Paths that the build says and a copy of the programs may override: HITCH_BINARY, HITCH_FIXTURES,
/// HITCH_CONFIGS.
std::filesystem::path hitch_binary();
/// That program names this symbol: how a test knows about sanitizers, which may be in hitch and not
/// in the test.
bool hitch_has_symbol(std::string_view name);
std::filesystem::path fixture_directory();
std::filesystem::path configs_directory();

}  // namespace hitch::testing
