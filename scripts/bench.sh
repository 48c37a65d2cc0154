#!/usr/bin/env bash
# Measures hitch against its peers and prints one Markdown table: bench.sh [--quick] [ROW…]
# Rows: empty services stop logs json wait proxy exec footprint postgres introspect parallel clock levels roots; all by default. docs/benchmarks.md
# BENCH_DIR: where scratch files go, on a disk; default TMPDIR or /var/tmp.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all_rows=(empty services stop logs json wait proxy exec footprint postgres introspect parallel clock levels roots)
# What root measures once more as a user without rights, and what cannot run as root at all.
rows_of_both=(empty exec introspect parallel clock levels roots)
rows_of_user=(postgres)
build=build/release
unprivileged=nobody

# in_list WORD LIST…
in_list() {
  local word=$1 other
  shift
  for other; do [ "$word" = "$other" ] && return; done
  return 1
}

build_all() {
  cmake --preset release -DHITCH_TESTS=ON
  cmake --build --preset release --target installed hitch_bench
}

# What is measured is a copy that everybody can read: the checkout may be below a home directory.
install_copy() {
  cmake --install "$build" --prefix "$1"
  mkdir -p "$1/bench"
  cp "$build/bin/hitch_bench" "$1/bench/"
  for program in echo_lines without_users many_processes bench_writer echo_server plain_start wait_writer clock_reader static_true make_image.py; do
    cp "$build/bin/fixtures/$program" "$1/bench/"
  done
  chmod -R a+rX "$1"
}

# run_as USER ROW…: USER is empty for the caller.
run_as() {
  local user=$1 who=${1:-$(id -un)} disk="$scratch/${1:-self}" memory=
  shift
  [ $# -gt 0 ] || return 0
  mkdir -m 700 "$disk"
  if [ -d "$shared_memory" ]; then
    memory="$shared_memory/${user:-self}"
    mkdir -m 700 "$memory"
  fi
  local prefix=()
  if [ -n "$user" ]; then
    chown "$user:" "$disk" ${memory:+"$memory"}
    prefix=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups --inh-caps=-all)
  fi
  # shellcheck disable=SC2086  # a flag or nothing
  (cd / && "${prefix[@]}" "$scratch/copy/bench/hitch_bench" --hitch "$scratch/copy/bin/hitch" \
    --fixtures "$scratch/copy/bench" --disk "$disk" ${memory:+--memory "$memory"} \
    --as "$who" $head $quick "$@") || failed=1
  head=  # one table
}

main() {
  local rows=() own=() users=() row
  head=--head quick=
  for word; do
    case $word in
      --quick) quick=--quick ;;
      *)
        if ! in_list "$word" "${all_rows[@]}"; then
          echo "bench.sh: no row '$word'" >&2
          exit 2
        fi
        rows+=("$word")
        ;;
    esac
  done
  [ ${#rows[@]} -gt 0 ] || rows=("${all_rows[@]}")
  for row in "${rows[@]}"; do
    if [ "$(id -u)" -ne 0 ]; then
      own+=("$row")
    else
      in_list "$row" "${rows_of_user[@]}" || own+=("$row")
      ! in_list "$row" "${rows_of_both[@]}" "${rows_of_user[@]}" || users+=("$row")
    fi
  done
  local log
  log=$(mktemp)
  if ! build_all >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
  rm -f "$log"
  scratch=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/var/tmp}}/hitch-bench-XXXXXX")
  shared_memory=
  trap 'rm -rf "$scratch" ${shared_memory:+"$shared_memory"}' EXIT
  chmod 755 "$scratch"
  if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
    shared_memory=$(mktemp -d /dev/shm/hitch-bench-XXXXXX)
    chmod 755 "$shared_memory"
  fi
  install_copy "$scratch/copy" >/dev/null
  # A machine that is busy with other things shows in all figures, and in the ratios too.
  printf 'hitch %s, %s, Linux %s, %s cores, load %s, scratch on %s\n\n' \
    "$(git describe --always --dirty 2>/dev/null)" "$(date -u +%Y-%m-%d)" "$(uname -r)" \
    "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)" "$(stat -f -c %T "$scratch")"
  failed=0
  run_as "" "${own[@]}"
  run_as "$unprivileged" "${users[@]}"
  return "$failed"
}

main "$@"
