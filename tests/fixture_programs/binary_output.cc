// Prints what a terminal and a decoder dislike: NUL, invalid UTF-8, escape sequences, a carriage
// return, and then the line "done".
#include <string_view>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  using namespace std::string_view_literals;
  constexpr auto kOutput =
      "nul:\0:\n"
      "utf8:\xff\xfe\xc3:\n"
      "title:\x1b]0;owned\x07:\n"
      "clear:\x1b[2J\x1b[H:\n"
      "return:abc\rFORGED\n"
      "c1:\xc2\x9b"
      "31m:\n"
      "done\n"sv;
  fixture::write_all(1, kOutput.data(), kOutput.size());
  if (fixture::Arguments(argc, argv).has("--stay")) fixture::stay();
  return 0;
}
