#!/usr/bin/env bash
# From a fresh clone to four services and a test that talks to them: installs, builds, runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh
cmake --preset release -DHITCH_TESTS=OFF
cmake --build --preset release
exec build/release/bin/hitch -f configs/quickstart.yaml run -- \
  curl -fsS --noproxy '*' http://Nginx:8080/
