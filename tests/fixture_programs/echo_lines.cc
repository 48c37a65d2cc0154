// Prints N numbered lines of a length to stdout, stderr or both, fast or slowly.
#include <string>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const long count = arguments.number("--count", 1);
  const auto length = static_cast<std::size_t>(arguments.number("--length", 0));
  const long interval = arguments.number("--interval", 0);
  const std::string text = arguments.text("--text", "");
  const std::string stream = arguments.text("--stream", "out");

  fixture::sleep_ms(arguments.number("--delay", 0));
  for (long i = 1; i <= count; ++i) {
    std::string line = text.empty() ? "line " + std::to_string(i) : text;
    if (line.size() < length) line.append(length - line.size(), 'x');
    if (i < count || !arguments.has("--no-newline")) line += '\n';
    if (stream != "err") fixture::write_all(1, line.data(), line.size());
    if (stream != "out") fixture::write_all(2, line.data(), line.size());
    if (interval > 0 && i < count) fixture::sleep_ms(interval);
  }
  if (arguments.has("--stay")) fixture::stay();
  return 0;
}
