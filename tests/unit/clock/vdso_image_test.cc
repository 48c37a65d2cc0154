#include "runtime/clock/vdso_image.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>

#include "runtime/clock/clock_blob.h"
#include "runtime/clock/clock_layout.h"

namespace hitch {
namespace {

using Bytes = std::vector<std::byte>;

Bytes own_copy() {
  const auto own = own_vdso();
  if (!own) {
    ADD_FAILURE() << own.error().message();
    return {};
  }
  return {own->begin(), own->end()};
}

/// A copy that ends where unreadable memory begins: reading behind it kills the test.
class Guarded {
 public:
  explicit Guarded(std::span<const std::byte> bytes) : length_(bytes.size()) {
    const std::size_t pages = (bytes.size() + 4095) / 4096 * 4096;
    mapped_ = pages + 4096;
    at_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    first_ = static_cast<std::byte*>(at_) + pages - bytes.size();
    if (!bytes.empty()) std::memcpy(first_, bytes.data(), bytes.size());
    ::mprotect(static_cast<std::byte*>(at_) + pages, 4096, PROT_NONE);
  }
  Guarded(const Guarded&) = delete;
  ~Guarded() { ::munmap(at_, mapped_); }
  std::span<std::byte> bytes() { return {first_, length_}; }

 private:
  void* at_;
  std::byte* first_;
  std::size_t length_, mapped_ = 0;
};

TEST(VdsoImage, ThisMachinesHasTheSixNamesAndRoom) {
  const auto bytes = own_copy();
  const auto image = parse_vdso(bytes);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->symbols.size(), 6U);
  EXPECT_NE(image->clock_gettime, 0U);
  EXPECT_GE(image->room_begin, image->code_end);
  EXPECT_EQ(image->room_end % 4096, 0U);
  EXPECT_GE(image->room_end - image->room_begin, clock_blob().bytes.size());
  for (const auto& symbol : image->symbols) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + symbol.value_at, sizeof value);
    EXPECT_EQ(value, symbol.value);
    EXPECT_LT(value - image->bias, image->code_end);
  }
}

TEST(VdsoImage, EveryTruncatedOneIsRefusedOrRead) {
  const auto bytes = own_copy();
  for (std::size_t length = 0; length < bytes.size(); length += length < 256 ? 1 : 61) {
    Guarded guarded({bytes.data(), length});
    const auto image = parse_vdso(guarded.bytes());
    if (image) {
      EXPECT_LE(image->room_end, length);
    }
  }
}

TEST(VdsoImage, DamagedOnesNeverLeadOutside) {
  const auto bytes = own_copy();
  std::mt19937 dice(7);
  Elf64_Ehdr head{};
  std::memcpy(&head, bytes.data(), sizeof head);
  for (int i = 0; i < 20'000; ++i) {
    Guarded guarded(bytes);
    const auto damaged = guarded.bytes();
    for (int hit = 0; hit < 4; ++hit) {
      const bool in_sections = (dice() & 1) != 0 && head.e_shoff != 0;
      const std::size_t at =
          in_sections ? head.e_shoff + dice() % (head.e_shnum * 64U) : dice() % std::size_t{1024};
      damaged[at] = static_cast<std::byte>(dice() & 1 ? 0xff : dice());
    }
    const auto image = parse_vdso(damaged);
    if (!image) continue;
    EXPECT_LE(image->room_end, damaged.size());
    for (const auto& symbol : image->symbols) EXPECT_LE(symbol.value_at + 8, damaged.size());
  }
}

TEST(VdsoImage, WildOffsetsAreNamed) {
  auto bytes = own_copy();
  const auto refuse = [&](std::size_t at, std::uint64_t value, const char* text) {
    auto damaged = bytes;
    std::memcpy(damaged.data() + at, &value, sizeof value);
    const auto image = parse_vdso(damaged);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().message(), text);
  };
  refuse(offsetof(Elf64_Ehdr, e_shoff), UINT64_MAX - 8, "the vDSO has no sections");
  refuse(offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX - 8, "the vDSO has no segment to load");
  refuse(sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), UINT64_MAX,
         "the vDSO has a wild segment");
  refuse(0, 0, "the vDSO is no ELF image of 64 bits");
}

TEST(ClockBlob, FitsBehindTheSmallestVdsoKnown) {
  constexpr std::size_t kRoomOfLinux618 = 1504;
  EXPECT_LE(clock_blob().bytes.size(), kRoomOfLinux618);
  RecordProperty("bytes", static_cast<int>(clock_blob().bytes.size()));
  for (const auto at : {clock_blob().clock_gettime, clock_blob().gettimeofday, clock_blob().time,
                        clock_blob().boot}) {
    EXPECT_GE(at, sizeof(BlobHeader));
    EXPECT_LT(at, clock_blob().bytes.size());
  }
}

// That it has no relocations is what blob/embedder.cc checks, and the build fails otherwise. This
// runs it somewhere.
TEST(ClockBlob, RunsAtAnyAddress) {
  ClockPageLayout page{};
  page.slot[0].mode = ClockMode::kShift;
  page.slot[0].shift = {1000, 0};
  for (const std::size_t offset : {0U, 64U, 4096U + 128U}) {
    void* const at = ::mmap(nullptr, 16384, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(at, MAP_FAILED);
    auto* const code = static_cast<unsigned char*>(at) + offset;
    std::memcpy(code, clock_blob().bytes.data(), clock_blob().bytes.size());
    BlobHeader header{};
    header.page = reinterpret_cast<std::uint64_t>(&page);
    header.original = reinterpret_cast<std::uint64_t>(&::clock_gettime);
    std::memcpy(code, &header, sizeof header);
    const auto time_now = reinterpret_cast<long (*)(long*)>(code + clock_blob().time);
    const long before = ::time(nullptr);
    const long seen = time_now(nullptr) - 1000;
    EXPECT_GE(seen, before - 1);
    EXPECT_LE(seen, ::time(nullptr));
    ::munmap(at, 16384);
  }
}

TEST(VdsoImage, DataIsInFrontOfItInWholePages) {
  EXPECT_GT(size_of_vdso_data(), 0U);
  EXPECT_EQ(size_of_vdso_data() % kClockPageBytes, 0U);
}

}  // namespace
}  // namespace hitch
