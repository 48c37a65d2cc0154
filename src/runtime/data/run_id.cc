#include "runtime/data/run_id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace hitch {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kRandomDigits = 8;

}  // namespace

std::string make_run_id(const std::string& bundle) {
  std::array<unsigned char, kRandomDigits / 2> bytes{};
  (void)!::getrandom(bytes.data(), bytes.size(), 0);  // never short for so few. getrandom(2)
  std::string id = bundle + '-';
  for (const unsigned byte : bytes) {
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  return id;
}

bool is_run_id(std::string_view text) noexcept {
  if (text.size() <= kRandomDigits + 1 || text[text.size() - kRandomDigits - 1] != '-')
    return false;
  const auto digits = text.substr(text.size() - kRandomDigits);
  return std::all_of(digits.begin(), digits.end(),
                     [](char c) { return kDigits.find(c) != kDigits.npos; });
}

std::string_view bundle_of_run(std::string_view id) noexcept {
  return id.substr(0, id.size() - kRandomDigits - 1);
}

}  // namespace hitch
