#include <gtest/gtest.h>

#include <cstdint>

#include "bundle_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hitch {
namespace {

void replay(const std::string& bytes) {
  (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

TEST(BundleFuzzReplay, EveryFixtureAndEveryPrefixOfItIsHarmless) {
  for (const char* folder : {"good", "bad/syntax", "bad/structural", "bad/semantic"}) {
    for (const auto& entry : std::filesystem::directory_iterator(testing::fixtures() / folder)) {
      if (!entry.is_regular_file()) continue;
      const auto bytes = testing::read_text_file(entry.path());
      replay(bytes);
      const std::size_t step = bytes.size() / 40 + 1;
      for (std::size_t size = 0; size < bytes.size(); size += step) replay(bytes.substr(0, size));
    }
  }
}

}  // namespace
}  // namespace hitch
