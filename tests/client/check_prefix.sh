#!/bin/sh
# check_prefix.sh BUILD SOURCE: installs hitch into a prefix, builds examples/cpp against it as a user would, by
# find_package and by pkg-config, and runs it with the hitch of that prefix.
set -eu
build=$1 source=$2
stage=$(mktemp -d /tmp/hitch-prefix-XXXXXX)
trap 'rm -rf "$stage"' EXIT
prefix=$stage/prefix

cmake --install "$build" --prefix "$prefix" >"$stage/install.log" || { cat "$stage/install.log"; exit 1; }
cp -r "$source/examples/cpp" "$stage/project"
unset HITCH_BINARY HITCH_RECIPES
PATH=$prefix/bin:$PATH
export PATH XDG_RUNTIME_DIR="$stage/run" XDG_STATE_HOME="$stage/state" XDG_CACHE_HOME="$stage/cache"
mkdir -m 700 "$stage/run"

cmake -S "$stage/project" -B "$stage/built" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >"$stage/configure.log" ||
  { cat "$stage/configure.log"; exit 1; }
cmake --build "$stage/built"
ctest --test-dir "$stage/built" --output-on-failure

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name hitch.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # words of flags
g++ -std=c++20 -O0 -Wall -Wextra -Wpedantic -Werror -o "$stage/by_hand" "$stage/project/shop_test.cc" \
  $(pkg-config --define-variable=prefix="$prefix" --cflags --libs hitch) -lgtest_main -lgtest \
  -Wl,-rpath,"$(dirname "$(find "$prefix" -name libhitch-client.so)")"
cd "$stage/project" && "$stage/by_hand"
