// Says "stopping", then stops itself with SIGSTOP.
#include "fixture_programs/fixture.h"

int main() {
  fixture::say("stopping");
  (void)std::raise(SIGSTOP);
  fixture::say("continued");
  fixture::stay();
}
