#include "runtime/oci/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/control/json.h"
#include "runtime/oci/sha256.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRefName = "org.opencontainers.image.ref.name";
/// Manifests and configurations are some kilobytes.
constexpr std::uint64_t kLargestDocument = 8ULL << 20;
constexpr std::size_t kMostLayers = 1000;

/// OCI descriptor: what a document says about another one, and about a layer.
struct Descriptor {
  std::string type, digest, reference, os, architecture;
  std::uint64_t size = 0;
};

/// The text that an object has under a key; empty if it has none.
std::string text_at(const json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const json::array& array_at(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& value : array_at(object, key)) {
    if (value.is_string()) texts.emplace_back(value.get_string());
  }
  return texts;
}

Result<Descriptor> read_descriptor(const json::value& value) {
  if (!value.is_object()) return Error::because("a descriptor in it is no object");
  const auto& object = value.get_object();
  Descriptor found;
  found.type = text_at(object, "mediaType");
  found.digest = text_at(object, "digest");
  found.reference = text_at(object_at(object, "annotations"), kRefName);
  const auto& platform = object_at(object, "platform");
  found.os = text_at(platform, "os");
  found.architecture = text_at(platform, "architecture");
  if (const auto* const size = object.if_contains("size")) {
    if (size->is_int64() && size->get_int64() >= 0) {
      found.size = static_cast<std::uint64_t>(size->get_int64());
    }
  }
  if (is_sha256_name(found.digest)) return found;
  return Error::because("a descriptor in it has the digest " + in_quotes(found.digest) +
                        ", which is no sha256");
}

Result<UniqueFd> open_file(const fs::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0) {
    return Error::from_errno(errno, "open", path.native());
  }
  if (!S_ISREG(info.st_mode)) {
    return Error::because(in_quotes(path.native()) + " is not a regular file");
  }
  return file;
}

Result<std::string> read_document(int fd, std::uint64_t most) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "read");
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > most) return Error::because("it is too long");
  }
}

Result<json::object> parse_object(const std::string& text) {
  boost::system::error_code ec;
  const auto value = json::parse(text, ec);
  if (ec || !value.is_object()) return Error::because("it is no JSON object");
  return value.get_object();
}

/// "amd64", as Go and so OCI call it.
std::string own_architecture() {
  utsname machine{};
  (void)::uname(&machine);
  const std::string_view name = static_cast<const char*>(machine.machine);
  if (name == "x86_64") return "amd64";
  if (name == "aarch64") return "arm64";
  return std::string(name);
}

bool is_index(const std::string& type) {
  return type == "application/vnd.oci.image.index.v1+json" ||
         type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

bool is_for_here(const Descriptor& one) {
  return (one.os.empty() || one.os == "linux") &&
         (one.architecture.empty() || one.architecture == own_architecture());
}

class LayoutReader {
 public:
  explicit LayoutReader(const fs::path& layout) : layout_(layout) {}

  Result<Image> read(const std::string& tag) {
    HITCH_TRY(const auto marker, open_file(layout_ / "oci-layout"));
    HITCH_TRY(auto found, find_in_index(tag));
    for (int depth = 0; is_index(found.type); ++depth) {
      if (depth == 4) return Error::because("it is an index of indexes of indexes");
      HITCH_TRY(found, choose(found));
    }
    return read_manifest(found);
  }

 private:
  Result<Descriptor> find_in_index(const std::string& tag) {
    HITCH_TRY(const auto file, open_file(layout_ / "index.json"));
    HITCH_TRY(const std::string text, read_document(file.get(), kLargestDocument));
    auto index = parse_object(text);
    if (!index) return std::move(index).error().within("index.json");
    std::string others;
    std::vector<Descriptor> matching;
    for (const auto& value : array_at(*index, "manifests")) {
      auto one = read_descriptor(value);
      if (!one) return std::move(one).error().within("index.json");
      if (!one->reference.empty() && one->reference != tag) {
        others += (others.empty() ? "" : ", ") + in_quotes(one->reference);
      }
      if (one->reference == tag) matching.push_back(*std::move(one));
    }
    if (matching.empty()) {
      return Error::because(others.empty() ? "there is no image in this layout that has a tag"
                                           : "there is no such tag; there is " + others,
                            Kind::kUsage);
    }
    return pick(matching);
  }

  static Result<Descriptor> pick(const std::vector<Descriptor>& offered) {
    const auto fits = std::find_if(offered.begin(), offered.end(), is_for_here);
    if (fits != offered.end()) return *fits;
    std::string platforms;
    for (const auto& one : offered) {
      platforms += (platforms.empty() ? "" : ", ") + one.os + '/' + one.architecture;
    }
    return Error::because(
        "it is for " + in_quotes(platforms) + ", and this machine is linux/" + own_architecture(),
        Kind::kUsage);
  }

  Result<json::object> load(const Descriptor& what) {
    if (what.size > kLargestDocument) return Error::because("a document of it is too long");
    HITCH_TRY(const auto blob, open_blob(layout_, what.digest));
    HITCH_TRY(const std::string text, read_document(blob.get(), what.size));
    Sha256 sum;
    sum.add(text);
    if (sum.name() != what.digest) {
      return Error::because("the blob " + what.digest + " is damaged: its digest is " + sum.name());
    }
    // JSON can say it, and neither a path nor a variable can have it.
    if (text.find("\\u0000") != std::string::npos) return Error::because("it has a NUL in it");
    return parse_object(text);
  }

  /// Of an index, the manifest for machines like this one.
  Result<Descriptor> choose(const Descriptor& index) {
    HITCH_TRY(const auto document, load(index));
    std::vector<Descriptor> offered;
    for (const auto& value : array_at(document, "manifests")) {
      HITCH_TRY(auto one, read_descriptor(value));
      offered.push_back(std::move(one));
    }
    if (offered.empty()) return Error::because("its index names no image");
    return pick(offered);
  }

  Result<Image> read_manifest(const Descriptor& what) {
    HITCH_TRY(const auto manifest, load(what));
    const auto* const config = manifest.if_contains("config");
    if (config == nullptr) return Error::because("its manifest names no configuration");
    HITCH_TRY(const auto described, read_descriptor(*config));
    if (described.type.find("image.config") == std::string::npos &&
        described.type.find("container.image") == std::string::npos) {
      return Error::because("it is no image of a container, but has a configuration of type " +
                            in_quotes(described.type));
    }
    HITCH_TRY(const auto document, load(described));
    Image image;
    image.id = described.digest;
    HITCH_CHECK(read_layers(manifest, document, image));
    HITCH_CHECK(check_platform(document));
    read_settings(object_at(document, "config"), image);
    return image;
  }

  static Status check_platform(const json::object& config) {
    const std::string os = text_at(config, "os"), architecture = text_at(config, "architecture");
    Descriptor own;
    own.os = os;
    own.architecture = architecture;
    HITCH_TRY(const auto fits, pick({own}));
    (void)fits;  // only that it does
    return Done{};
  }

  static Status read_layers(const json::object& manifest, const json::object& config,
                            Image& image) {
    const auto diff_ids = texts_at(object_at(config, "rootfs"), "diff_ids");
    for (const auto& value : array_at(manifest, "layers")) {
      HITCH_TRY(auto layer, read_descriptor(value));
      if (layer.type.find("encrypted") != std::string::npos) {
        return Error::because("it is encrypted");
      }
      const std::size_t number = image.layers.size();
      if (number >= diff_ids.size() || number >= kMostLayers) break;
      image.layers.push_back({layer.digest, diff_ids[number], layer.size});
    }
    if (array_at(manifest, "layers").size() > kMostLayers) {
      return Error::because("it has more than " + std::to_string(kMostLayers) + " layers");
    }
    if (image.layers.size() != diff_ids.size() ||
        image.layers.size() != array_at(manifest, "layers").size()) {
      return Error::because("its manifest and its configuration name different layers");
    }
    if (image.layers.empty()) return Error::because("it has no layers");
    const auto is_bad = [](const ImageLayer& layer) { return !is_sha256_name(layer.diff_id); };
    if (std::none_of(image.layers.begin(), image.layers.end(), is_bad)) return Done{};
    return Error::because("its configuration has a diff-id that is no sha256");
  }

  static void read_settings(const json::object& config, Image& image) {
    for (const auto& variable : texts_at(config, "Env")) {
      const auto equals = variable.find('=');
      if (equals == std::string::npos || equals == 0) continue;
      image.environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
    }
    image.entrypoint = texts_at(config, "Entrypoint");
    image.command = texts_at(config, "Cmd");
    image.user = text_at(config, "User");
    image.working_directory = text_at(config, "WorkingDir");
    if (!image.working_directory.starts_with('/')) image.working_directory.insert(0, "/");
    const std::string signal = text_at(config, "StopSignal");
    if (!signal.empty()) image.stop_signal = parse_signal(signal);
  }

  const fs::path& layout_;
};

}  // namespace

Result<UniqueFd> open_blob(const fs::path& layout, const std::string& digest) {
  const auto colon = digest.find(':');
  return open_file(layout / "blobs" / digest.substr(0, colon) / digest.substr(colon + 1));
}

Result<Image> read_image(const fs::path& layout, const std::string& tag) {
  auto image = LayoutReader(layout).read(tag);
  if (image) return image;
  return std::move(image).error().within("image 'oci:" + layout.native() + ':' + tag + "'");
}

}  // namespace hitch
