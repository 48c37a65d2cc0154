// Run by the build: prints the section with the clock's code as initialisers of an array, and where
// its functions are in it. Refuses code that would have to be relocated: nobody would do it.

#include <elf.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitch {
namespace {

constexpr std::string_view kPrefix = "hitch_blob_";

struct Linked {
  std::string bytes;
  std::vector<Elf64_Shdr> sections;

  template <typename T>
  std::vector<T> table(const Elf64_Shdr& section) const {
    std::vector<T> entries(section.sh_size / sizeof(T));
    if (section.sh_offset + section.sh_size > bytes.size()) return {};
    std::memcpy(entries.data(), bytes.data() + section.sh_offset, entries.size() * sizeof(T));
    return entries;
  }
  std::string_view text(const Elf64_Shdr& strings, std::size_t at) const {
    return bytes.c_str() + strings.sh_offset + at;
  }
};

std::optional<Linked> read_linked(const char* path) {
  std::ifstream file(path, std::ios::binary);
  Linked linked{{std::istreambuf_iterator<char>(file), {}}, {}};
  Elf64_Ehdr head{};
  if (linked.bytes.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, linked.bytes.data(), sizeof head);
  Elf64_Shdr all{};
  all.sh_offset = head.e_shoff;
  all.sh_size = head.e_shnum * sizeof(Elf64_Shdr);
  linked.sections = linked.table<Elf64_Shdr>(all);
  if (head.e_shstrndx >= linked.sections.size()) return std::nullopt;
  return linked;
}

bool has_relocations(const Linked& linked) {
  for (const auto& section : linked.sections) {
    const bool relocates = section.sh_type == SHT_RELA || section.sh_type == SHT_REL;
    if (relocates && section.sh_size > 0) return true;
  }
  return false;
}

const Elf64_Shdr* find_code(const Linked& linked) {
  Elf64_Ehdr head{};
  std::memcpy(&head, linked.bytes.data(), sizeof head);
  const auto& names = linked.sections[head.e_shstrndx];
  for (const auto& section : linked.sections) {
    if (linked.text(names, section.sh_name) == ".blob") return &section;
  }
  return nullptr;
}

void print_bytes(const Linked& linked, const Elf64_Shdr& code) {
  std::printf("inline constexpr unsigned char kBytes[] = {");
  for (std::size_t i = 0; i < code.sh_size; ++i) {
    const auto byte = static_cast<unsigned char>(linked.bytes[code.sh_offset + i]);
    std::printf("%s%u,", i % 20 == 0 ? "\n" : "", unsigned{byte});
  }
  std::printf("\n};\n");
}

/// "clock_gettime" → "kClockGettime", as constants are called.
std::string constant_name(std::string_view name) {
  std::string constant = "k";
  bool starts_word = true;
  for (const char c : name) {
    if (c != '_') constant += starts_word && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    starts_word = c == '_';
  }
  return constant;
}

void print_places(const Linked& linked, const Elf64_Shdr& code) {
  for (const auto& section : linked.sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= linked.sections.size()) continue;
    for (const auto& symbol : linked.table<Elf64_Sym>(section)) {
      const auto name = linked.text(linked.sections[section.sh_link], symbol.st_name);
      if (!name.starts_with(kPrefix)) continue;
      const auto constant = constant_name(name.substr(kPrefix.size()));
      std::printf("inline constexpr unsigned %s = %u;\n", constant.c_str(),
                  static_cast<unsigned>(symbol.st_value - code.sh_addr));
    }
  }
}

int embed(const char* path) {
  const auto linked = read_linked(path);
  const Elf64_Shdr* const code = linked ? find_code(*linked) : nullptr;
  if (code == nullptr || has_relocations(*linked)) {
    std::fprintf(stderr, "embedder: %s %s\n", path,
                 code == nullptr ? "has no code" : "has relocations");
    return 1;
  }
  print_bytes(*linked, *code);
  print_places(*linked, *code);
  return 0;
}

}  // namespace
}  // namespace hitch

int main(int argc, char** argv) {
  return argc == 2 ? hitch::embed(argv[1]) : 2;
}
