// Ignores every signal that can be ignored, says so and stays.
#include "fixture_programs/fixture.h"

int main() {
  for (int number = 1; number < NSIG; ++number) (void)std::signal(number, SIG_IGN);
  fixture::say("ignoring");
  fixture::stay();
}
