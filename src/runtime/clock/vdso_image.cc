#include "runtime/clock/vdso_image.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace hitch {

namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMostHeaders = 128, kMostSymbols = 4096;

struct Name {
  std::string_view text;
  VdsoFunction function;
};
constexpr std::array kNames{Name{"clock_gettime", VdsoFunction::kClockGettime},
                            Name{"__vdso_clock_gettime", VdsoFunction::kClockGettime},
                            Name{"gettimeofday", VdsoFunction::kGettimeofday},
                            Name{"__vdso_gettimeofday", VdsoFunction::kGettimeofday},
                            Name{"time", VdsoFunction::kTime},
                            Name{"__vdso_time", VdsoFunction::kTime}};

/// Reads structures out of bytes that may be damaged.
class ImageReader {
 public:
  explicit ImageReader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  bool holds(std::uint64_t at, std::uint64_t length) const noexcept {
    return at <= bytes_.size() && length <= bytes_.size() - at;
  }
  template <typename T>
  std::optional<T> at(std::uint64_t place) const noexcept {
    if (!holds(place, sizeof(T))) return std::nullopt;
    T value{};
    std::memcpy(&value, bytes_.data() + place, sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> table(std::uint64_t place, std::size_t count) const {
    std::vector<T> entries(count);
    if (!holds(place, count * sizeof(T))) return {};
    std::memcpy(entries.data(), bytes_.data() + place, count * sizeof(T));
    return entries;
  }
  /// A text that ends with a zero byte before `end`; else nothing.
  std::string_view text(std::uint64_t place, std::uint64_t end) const noexcept {
    if (place >= end || !holds(place, end - place)) return {};
    const auto* const first = reinterpret_cast<const char*>(bytes_.data()) + place;
    const std::size_t length = ::strnlen(first, end - place);
    return length == end - place ? std::string_view{} : std::string_view(first, length);
  }

 private:
  std::span<const std::byte> bytes_;
};

Error damaged(const char* what) {
  return Error::because(std::string("the vDSO has ") + what);
}

/// Takes the names that are wanted from one symbol table.
void collect_symbols(const ImageReader& reader, const Elf64_Shdr& symbols,
                     const Elf64_Shdr& strings, VdsoImage& image) {
  const std::size_t count = std::min(symbols.sh_size / sizeof(Elf64_Sym), kMostSymbols);
  const auto table = reader.table<Elf64_Sym>(symbols.sh_offset, count);
  const std::uint64_t strings_end = strings.sh_offset + strings.sh_size;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto text = reader.text(strings.sh_offset + table[i].st_name, strings_end);
    const auto* const name = std::find_if(kNames.begin(), kNames.end(),
                                          [&](const Name& known) { return known.text == text; });
    if (name == kNames.end() || table[i].st_shndx == SHN_UNDEF) continue;
    const std::size_t entry = symbols.sh_offset + i * sizeof(Elf64_Sym);
    image.symbols.push_back(
        {name->function, entry + offsetof(Elf64_Sym, st_value), table[i].st_value});
    if (name->function == VdsoFunction::kClockGettime) image.clock_gettime = table[i].st_value;
  }
}

Status read_segments(const ImageReader& reader, const Elf64_Ehdr& head, VdsoImage& image) {
  const auto segments = reader.table<Elf64_Phdr>(head.e_phoff, head.e_phnum);
  bool loaded = false;
  for (const auto& segment : segments) {
    if (!reader.holds(segment.p_offset, segment.p_filesz)) return damaged("a wild segment");
    image.code_end = std::max(image.code_end, segment.p_offset + segment.p_filesz);
    if (segment.p_type != PT_LOAD || loaded) continue;
    loaded = true;
    image.bias = segment.p_vaddr - segment.p_offset;
  }
  if (!loaded) return damaged("no segment to load");
  return Done{};
}

Status read_sections(const ImageReader& reader, const Elf64_Ehdr& head, VdsoImage& image) {
  const auto sections = reader.table<Elf64_Shdr>(head.e_shoff, head.e_shnum);
  if (sections.empty()) return damaged("no sections");
  image.code_end = std::max(image.code_end, head.e_shoff + sections.size() * sizeof(Elf64_Shdr));
  for (const auto& section : sections) {
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    if (!reader.holds(section.sh_offset, section.sh_size)) return damaged("a wild section");
    image.code_end = std::max(image.code_end, section.sh_offset + section.sh_size);
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
    collect_symbols(reader, section, sections[section.sh_link], image);
  }
  return Done{};
}

/// The zeros between the end of the library and the end of its last page.
void find_room(std::span<const std::byte> bytes, VdsoImage& image) {
  const std::size_t aligned = (image.code_end + kAlignment - 1) / kAlignment * kAlignment;
  image.room_begin = std::min(aligned, bytes.size());
  const auto room = bytes.subspan(image.room_begin);
  const auto used =
      std::find_if(room.begin(), room.end(), [](std::byte byte) { return byte != std::byte{0}; });
  image.room_end = image.room_begin + static_cast<std::size_t>(used - room.begin());
}

struct Mapping {
  unsigned long first = 0, last = 0;
  bool is_vdso_data = false;  ///< [vvar] and the like
};

/// In the order of their addresses; empty if they cannot be told. /proc/PID/maps in proc(5)
std::vector<Mapping> own_mappings() {
  std::vector<Mapping> mappings;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"),
                                                             &std::fclose);
  std::array<char, 4352> line{};
  while (maps && std::fgets(line.data(), static_cast<int>(line.size()), maps.get()) != nullptr) {
    Mapping mapping;
    if (std::sscanf(line.data(), "%lx-%lx", &mapping.first, &mapping.last) != 2) continue;
    mapping.is_vdso_data = std::strstr(line.data(), " [vvar") != nullptr;
    mappings.push_back(mapping);
  }
  return mappings;
}

}  // namespace

Result<VdsoImage> parse_vdso(std::span<const std::byte> bytes) {
  const ImageReader reader(bytes);
  const auto head = reader.at<Elf64_Ehdr>(0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
      head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB) {
    return Error::because("the vDSO is no ELF image of 64 bits");
  }
  if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_shentsize != sizeof(Elf64_Shdr) ||
      head->e_phnum > kMostHeaders || head->e_shnum > kMostHeaders) {
    return damaged("headers of an unknown form");
  }
  VdsoImage image;
  HITCH_CHECK(read_segments(reader, *head, image));
  HITCH_CHECK(read_sections(reader, *head, image));
  if (image.clock_gettime == 0) return damaged("no function clock_gettime");
  find_room(bytes, image);
  return image;
}

Result<std::span<const std::byte>> own_vdso() {
  const unsigned long begin = ::getauxval(AT_SYSINFO_EHDR);
  if (begin == 0) return Error::because("this machine has no vDSO");
  for (const auto& mapping : own_mappings()) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel names it by a number.
    const auto* const bytes = reinterpret_cast<const std::byte*>(begin);
    if (mapping.first == begin) return std::span(bytes, mapping.last - begin);
  }
  return Error::because("cannot find the vDSO in '/proc/self/maps'");
}

std::size_t size_of_vdso_data() {
  const unsigned long end = ::getauxval(AT_SYSINFO_EHDR);
  const auto mappings = own_mappings();
  unsigned long begin = end;
  for (auto each = mappings.rbegin(); each != mappings.rend(); ++each) {
    if (each->last == begin && each->is_vdso_data) begin = each->first;
  }
  return end - begin;
}

}  // namespace hitch
