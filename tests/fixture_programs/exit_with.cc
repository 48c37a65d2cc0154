// exit_with CODE [--after MS] [--signal N] [--text TEXT]: ends in a way that is asked for.
#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  if (const char* text = arguments.text("--text", nullptr)) fixture::say(text);
  fixture::sleep_ms(arguments.number("--after", 0));
  if (const long number = arguments.number("--signal", 0); number != 0) {
    (void)std::signal(static_cast<int>(number), SIG_DFL);
    (void)std::raise(static_cast<int>(number));
  }
  return std::atoi(arguments.word(1, "0"));
}
