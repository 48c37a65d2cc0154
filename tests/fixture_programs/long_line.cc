// Prints one long line (1 MiB) without a newline; with --then TEXT a newline and that text follow.
#include <string>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const std::string line(static_cast<std::size_t>(arguments.number("--bytes", 1 << 20)), 'x');
  fixture::write_all(1, line.data(), line.size());
  if (const char* then = arguments.text("--then", nullptr)) {
    fixture::write_all(1, "\n", 1);
    fixture::say(then);
  }
  if (arguments.has("--stay")) fixture::stay();
  return 0;
}
