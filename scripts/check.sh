#!/usr/bin/env bash
# Every gate in one command: check.sh [--all] [STEP…]. Without STEP: those that fit between two
# commits, which is all but tsan and fuzz.
#
#   format      clang-format 14 would change nothing
#   includes    who includes whom, lengths          (check_includes.py)
#   coroutines  how coroutines are written          (check_coroutines.py)
#   build       the release build, without a warning
#   test        all tests but the slow ones, on the release build
#   tidy        clang-tidy 14 on what differs from main; with --all on everything in src/
#   cppcheck    cppcheck on src/
#   asan        unit tests, and hitch in all tests but the slow ones, under ASan and UBSan
#   tsan        unit tests under TSan
#   fuzz        each fuzz target for FUZZ_SECONDS (20), under ASan, from its corpus
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

steps=(format includes coroutines build test tidy cppcheck asan)
all=no
jobs=$(nproc)
build=build/release
units='^(unit|fuzz)\.'

# Debian's programs have the version in their names; only that one formats as the rest does.
versioned() {
  if command -v "$1-14" >/dev/null; then echo "$1-14"; else echo "$1"; fi
}

sources() { find src tests -name '*.h' -o -name '*.cc' | LC_ALL=C sort; }

step_format() { sources | xargs -n 40 -P "$jobs" "$(versioned clang-format)" --dry-run --Werror; }

step_includes() { /usr/bin/python3 -B scripts/check_includes.py; }

step_coroutines() { /usr/bin/python3 -B scripts/check_coroutines.py; }

step_build() {
  cmake --preset release -DHITCH_TESTS=ON
  cmake --build --preset release
}

step_test() { ctest --preset release --label-exclude slow; }

# What clang-tidy has to look at. A header is looked at through its own source file, else through
# the first one that includes it.
changed_sources() {
  local base name source
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null) || :
  # On main itself: the last change, merges as one.
  if [ "$base" = "$(git rev-parse HEAD)" ]; then base=$(git rev-parse --quiet --verify HEAD^) || :; fi
  if [ -z "$base" ]; then
    echo "check.sh: SKIPPED tidy: no commit to compare with; --all needs none" >&2
    return
  fi
  { git diff --name-only "$base" -- src; git ls-files --others --exclude-standard -- src; } |
    while read -r name; do
      source=${name%.*}.cc
      if [ ! -e "$source" ]; then
        source=$(grep -rlF --include='*.cc' "\"${name#src/}\"" src | LC_ALL=C sort | head -n 1) || :
      fi
      if [ -n "$source" ]; then echo "$source"; fi
    done | LC_ALL=C sort -u
}

# Needs the release build: its compile commands, and files that the build generates.
step_tidy() {
  [ -e "$build/build.ninja" ] || cmake --preset release -DHITCH_TESTS=ON
  cmake --build "$build" --target src/runtime/namespaces/deny_list_program.inc \
    src/runtime/clock/clock_blob_bytes.inc
  if [ "$all" = yes ]; then
    find src -name '*.cc' | LC_ALL=C sort
  else
    changed_sources
  fi | xargs --no-run-if-empty -n 1 -P "$jobs" \
    "$(versioned clang-tidy)" --quiet --warnings-as-errors='*' -p "$build" 2> >(
      grep -vE 'warnings? (generated|treated as)|^Suppressed|^Use -header' >&2)
}

# passedByValue: parameters of coroutines are. accessMoved: cppcheck takes co_return for a call that
# comes back; clang-tidy has the same check. missingReturn: a coroutine needs none, and g++ warns.
step_cppcheck() {
  cppcheck --quiet --error-exitcode=1 --inline-suppr --language=c++ --std=c++20 -j "$jobs" \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=passedByValue --suppress=accessMoved --suppress=missingReturn -I src src
}

# sanitized_units PRESET [TARGET…]: runs the unit tests, and builds TARGETs too.
sanitized_units() {
  cmake --preset "$1" -DHITCH_TESTS=ON
  cmake --build --preset "$1" --target unit_tests "${@:2}"
  ctest --preset "$1" --tests-regex "$units"
}

# The tests of the release build run the sanitized hitch: they need no sanitizers themselves.
step_asan() {
  sanitized_units asan hitch hitch-init hitch-clock hitch-jq hitch-unpack
  [ -e "$build/build.ninja" ] || cmake --preset release -DHITCH_TESTS=ON
  cmake --build --preset release --target integration_tests_as_root e2e_tests_as_root
  HITCH_BINARY=$PWD/build/asan/bin/hitch ctest --preset release --label-exclude slow \
    --tests-regex '^root\.(integration|e2e)\.'
}

step_tsan() { sanitized_units tsan; }

# What it finds that is new to the corpus is left in build/fuzz/new, what breaks in build/fuzz.
step_fuzz() {
  local target name
  cmake --preset fuzz
  cmake --build --preset fuzz
  for target in build/fuzz/bin/fuzz_*; do
    name=${target##*/fuzz_}
    mkdir -p "build/fuzz/new/$name"
    (cd build/fuzz && "./bin/fuzz_$name" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=1024 \
      -print_final_stats=1 -verbosity=0 -artifact_prefix="$name-" "new/$name" "../../tests/fuzz/corpus/$name")
  done
}

main() {
  local step
  if [ "${1-}" = --all ]; then
    all=yes
    shift
  fi
  [ $# -eq 0 ] || steps=("$@")
  for step in "${steps[@]}"; do
    if ! declare -F "step_$step" >/dev/null; then
      echo "check.sh: no step '$step'" >&2
      exit 2
    fi
    printf '\n== %s\n' "$step"
    "step_$step"
  done
}

main "$@"
