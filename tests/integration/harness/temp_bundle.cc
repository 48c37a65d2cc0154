#include "integration/harness/temp_bundle.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;

fs::path from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

fs::path make_root() {
  std::string name = from_environment("HITCH_TEST_TMP", "/tmp") / "ht-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

std::string namespace_of(const char* kind) {
  char target[128];
  const auto path = std::string("/proc/self/ns/") + kind;
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

}  // namespace

fs::path hitch_binary() {
  return from_environment("HITCH_BINARY", HITCH_TEST_BINARY);
}
bool hitch_has_symbol(std::string_view name) {
  const auto path = hitch_binary();
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes.find(name) != bytes.npos;
}
fs::path fixture_directory() {
  return from_environment("HITCH_FIXTURES", HITCH_TEST_FIXTURES);
}
fs::path configs_directory() {
  return from_environment("HITCH_CONFIGS", HITCH_TEST_CONFIGS);
}

std::string read_whole_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TempBundle::TempBundle() : root_(make_root()), mark_(root_.filename().string()) {
  for (const auto& path : {directory(), home(), runtime(), state(), cache()}) {
    fs::create_directory(path);
    fs::permissions(path, fs::perms::owner_all);
  }
}

TempBundle::~TempBundle() {
  std::error_code error;
  fs::remove_all(root_, error);
  if (error) ADD_FAILURE() << "cannot remove " << root_ << ": " << error.message();
}

void TempBundle::write(std::string_view yaml) {
  std::string text = expand(yaml);
  if (("\n" + text).find("\nenvironment:") == text.npos) {
    const auto variables = environment();
    for (const char* name : {"HITCH_TEST_HOST_NAMESPACES", "HITCH_TEST_MARK"}) {
      text.insert(0, std::string("  ") + name + ": \"" + variables.at(name) + "\"\n");
    }
    text.insert(0, "environment:\n");
  }
  write_file("hitch.yaml", text);
}

fs::path TempBundle::write_file(const fs::path& name, std::string_view content) {
  const fs::path path = directory() / name;
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) ADD_FAILURE() << "cannot write " << path;
  return path;
}

std::string TempBundle::read_file(const fs::path& name) const {
  return read_whole_file(directory() / name);
}

bool TempBundle::has_file(const fs::path& name) const {
  return fs::exists(directory() / name);
}

std::string TempBundle::expand(std::string_view text) {
  static const std::regex placeholder("@([a-z_]+)@");
  const std::string source(text);
  std::string result;
  auto from = source.cbegin();
  for (std::sregex_iterator it(source.begin(), source.end(), placeholder), end; it != end; ++it) {
    result.append(from, (*it)[0].first);
    const std::string name = (*it)[1];
    result += name == "dir" ? directory().string() : name == "mark" ? mark_ : fixture(name);
    from = (*it)[0].second;
  }
  return result.append(from, source.cend());
}

std::string TempBundle::fixture(const std::string& name) {
  const fs::path target = directory() / ".fixtures" / name;
  if (fs::exists(target)) return target;
  fs::create_directories(target.parent_path());
  std::error_code error;
  fs::copy_file(fixture_directory() / name, target, error);
  if (error) ADD_FAILURE() << "no fixture program '" << name << "': " << error.message();
  return target;
}

std::map<std::string, std::string> TempBundle::environment() const {
  return {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
          {"HOME", home()},
          {"USER", "tester"},
          {"LANG", "C.UTF-8"},
          {"TERM", "dumb"},
          {"TZ", "UTC"},
          {"XDG_RUNTIME_DIR", runtime()},
          {"XDG_STATE_HOME", state()},
          {"XDG_CACHE_HOME", cache()},
          {"HITCH_TEST_MARK", mark_},
          {"HITCH_TEST_HOST_NAMESPACES", namespace_of("mnt") + " " + namespace_of("pid")}};
}

}  // namespace hitch::testing
