// Tries to change its identity.
#include <grp.h>

#include "fixture_programs/fixture.h"

int main() {
  const gid_t group = 0;
  fixture::report("setgroups", ::setgroups(1, &group));
  fixture::report("setgroups_none", ::setgroups(0, nullptr));
  fixture::report("setuid_0", ::setuid(0));
  fixture::report("setgid_0", ::setgid(0));
  fixture::report("setuid_33", ::setuid(33));
  return 0;
}
