#!/usr/bin/env bash
# Random lives of bundles with faults in hitch itself: faults.sh [SEQUENCES [SEED [BUILD]]], by default
# 1000 of today's seed in build/. After each one nothing may be left; the first that leaves something
# is described, with what makes it happen again. As root they are run as root, else as the caller.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sequences=${1:-1000}
seed=${2:-$(($(date +%s) / 86400))}
build=$(cd "${3:-build}" && pwd)
cmake --build "$build" --target hitch hitch-init fixture_programs faults_tests_as_root
HITCH_REQUIRE_NAMESPACES=1 HITCH_FAULT_SEQUENCES=$sequences HITCH_FAULT_SEED=$seed \
  exec "$build/bin/faults_tests_as_root" --gtest_filter='SlowSequences.*'
