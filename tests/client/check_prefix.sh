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
  $(pkg-config --cflags --libs hitch) -lgtest_main -lgtest \
  -Wl,-rpath,"$(dirname "$(find "$prefix" -name libhitch-client.so)")"
(cd "$stage/project" && "$stage/by_hand")

# The prefix has been moved, hitch is not in PATH, and the program uses one library alone.
mv "$prefix" "$stage/moved"
PATH=/usr/bin:/bin
mkdir "$stage/client"
cat >"$stage/client/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(alone LANGUAGES CXX)
find_package(hitch REQUIRED)
add_executable(alone alone.cc)
target_link_libraries(alone PRIVATE hitch::client)
EOF
cat >"$stage/client/alone.cc" <<'EOF'
#include <hitch/hitch.h>
#include <iostream>
int main() {
  hitch::client::ServiceBundle bundle({.quiet = true});
  auto& app = bundle.add("App", {.command = {"sleep", "1000"}});
  bundle.startup();
  std::cout << app.subcommand("echo", "alone").run({.check_output = true}).output;
}
EOF
cmake -S "$stage/client" -B "$stage/client/built" -G Ninja -DCMAKE_PREFIX_PATH="$stage/moved" >"$stage/alone.log" ||
  { cat "$stage/alone.log"; exit 1; }
cmake --build "$stage/client/built"
cd "$stage/client" && test "$(built/alone)" = alone
