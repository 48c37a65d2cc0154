#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/load.h"

namespace hitch::testing {

/// A directory of its own for one test, gone with it.
class TempTree {
 public:
  TempTree();
  ~TempTree();
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Writes a file below it, with the directories it needs.
  void write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

/// tests/fixtures/bundle
std::filesystem::path fixtures();

/// A request with the environment and the recipes that the fixtures are made for.
LoadRequest request_in(const std::filesystem::path& cwd, std::vector<std::string> files);

/// Loads one YAML text as "hitch.yaml" in a directory of its own.
LoadOutcome load_text(std::string_view yaml);
/// The messages of such a file; "" if it is good.
std::string errors_of(std::string_view yaml);
/// The same as render_yaml shows it, or the messages.
std::string resolved(std::string_view yaml);

std::string read_text_file(const std::filesystem::path& path);

/// All bundle files of a folder of the fixtures that are not laid over another one, sorted.
std::vector<std::string> bundle_files(const std::filesystem::path& folder);
/// The files of one case: itself, and "x.over.yaml" if there is one.
std::vector<std::string> case_files(const std::filesystem::path& folder, const std::string& name);

}  // namespace hitch::testing
