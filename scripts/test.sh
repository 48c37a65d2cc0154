#!/usr/bin/env bash
# Everything that has to hold before a change lands: test.sh [STEP…], all steps by default.
# Each step is a function named step_NAME and stands in `steps`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the tests print comes last.
# The sanitizers' step (asan) is run by name: with it a cold start takes longer than 20 minutes.
steps=(install gates fuzz build prefix test_unprivileged test)
build=build/release
# Not the caller, and nobody else either.
unprivileged_id=61234

step_install() { scripts/install-deps.sh; }

# What looks at the text alone.
step_gates() { scripts/check.sh format includes coroutines cppcheck; }

# Short: it is about the parsers as they are now. Longer: FUZZ_SECONDS=600 scripts/check.sh fuzz
step_fuzz() { scripts/check.sh fuzz; }

step_asan() { scripts/check.sh asan; }

step_build() {
  cmake --preset release -DHITCH_TESTS=ON
  cmake --build --preset release
}

# Installed, hitch finds its parts by itself.
step_prefix() {
  rm -rf build/prefix
  cmake --install "$build" --prefix build/prefix >/dev/null
}

# Not those that take many minutes: a virtual machine, and thousands of faults. CONTRIBUTING.md
step_test() { ctest --preset release --exclude-regex '^cgroup2\.|\.faults\.Slow'; }

# As a user without any rights, which is what most callers are. The tests that run hitch do so by
# themselves, as user.integration, user.e2e and others.
step_test_unprivileged() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "The tests below run as an unprivileged user."
    return
  fi
  local home
  home=$(mktemp -d)
  local as_user=(
    setpriv --reuid="$unprivileged_id" --regid="$unprivileged_id" --clear-groups
    env HOME="$home" USER=hitch-test XDG_RUNTIME_DIR="$home/run" TMPDIR="$home/tmp"
  )
  mkdir -m 700 "$home/run" "$home/tmp"
  mkdir -p "$build/Testing"  # where ctest writes its log; a fresh checkout has none
  chown -R "$unprivileged_id:$unprivileged_id" "$home" "$build/Testing"
  if ! "${as_user[@]}" test -r "$build/CTestTestfile.cmake"; then
    rm -rf "$home"
    echo "test.sh: SKIPPED test_unprivileged: only root can reach $PWD" >&2
    return
  fi
  local status=0
  "${as_user[@]}" ctest --preset release --label-exclude '^(integration|e2e|python|root|user|slow)$' || status=$?
  rm -rf "$home"
  return "$status"
}

main() {
  [ $# -eq 0 ] || steps=("$@")
  for step in "${steps[@]}"; do
    if ! declare -F "step_$step" >/dev/null; then
      echo "test.sh: no step '$step'" >&2
      exit 2
    fi
    printf '\n== %s\n' "$step"
    "step_$step"
  done
}

main "$@"
