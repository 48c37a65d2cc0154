// Prints its environment, one variable a line with "env " in front, then "printed".
#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::printf("env %s\n", *variable);
  }
  fixture::say("printed");
  if (fixture::Arguments(argc, argv).has("--stay")) fixture::stay();
  return 0;
}
