#!/usr/bin/env bash
# Installs what hitch needs from Debian 12: install-deps.sh [build] [test], both by default.
# As root, or as a user who may use sudo. Does nothing if nothing is missing.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libboost1.81-dev libcap-dev libseccomp-dev libsimdjson-dev libcli11-dev libyaml-cpp-dev
  libjq-dev libonig-dev libre2-dev libarchive-dev libssl-dev libgtest-dev libgmock-dev libbenchmark-dev
  clang clang-tidy clang-format cppcheck libclang-rt-14-dev
)
# What the recipes and examples run, and what the tests compare with.
test_packages=(
  postgresql redis-server nginx-light
  memcached mariadb-server rabbitmq-server
  python3 python3-psycopg2 python3-redis python3-aiosmtpd python3-yaml python3-jsonschema
  python3-psutil python3-django python3-celery python3-pytest python3-pytest-xdist
  python3-memcache python3-pymysql python3-pika python3-pip python3-setuptools python3-wheel
  python3-venv python3-ipykernel python3-jupyter-console mypy
  apparmor bubblewrap libfaketime util-linux curl jq strace gdb valgrind uidmap crun groff-base zsh fish passt iproute2
  qemu-system-x86 busybox-static umoci skopeo zstd
  golang-go musl-tools nodejs openjdk-17-jdk-headless perl ruby
)

policy=/usr/sbin/policy-rc.d
cluster_conf=/etc/postgresql-common/createcluster.conf
kept=

say() { echo "install-deps: $*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends "$@"
}

missing_of() {
  local installed package
  # Fails if dpkg knows one of them not at all, and has listed the others then.
  installed=$(dpkg-query --show --showformat='${db:Status-Status}=${Package}\n' "$@" 2>/dev/null) || :
  for package in "$@"; do
    grep -Fqx "installed=$package" <<<"$installed" || echo "$package"
  done
}

# hitch needs the programs alone. Debian would also start each server it installs, on the ports
# that its users know: 101 from policy-rc.d is "not allowed".
forbid_services() {
  kept=$(mktemp -d)
  trap allow_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ -e "$policy" ]; then as_root cp -p "$policy" "$kept/policy-rc.d"; fi
  printf '#!/bin/sh\nexit 101\n' >"$kept/forbid"
  as_root install -m 755 "$kept/forbid" "$policy"
}

# Nor is a database cluster of the whole machine of any use.
forbid_cluster() {
  apt_install postgresql-common
  as_root cp -p "$cluster_conf" "$kept/createcluster.conf"
  echo 'create_main_cluster = false' | as_root tee -a "$cluster_conf" >/dev/null
}

allow_services() {
  if [ -e "$kept/createcluster.conf" ]; then
    as_root cp -p "$kept/createcluster.conf" "$cluster_conf"
  fi
  if [ -e "$kept/policy-rc.d" ]; then
    as_root cp -p "$kept/policy-rc.d" "$policy"
  else
    as_root rm -f "$policy"
  fi
  as_root rm -rf "$kept"
}

main() {
  local wanted=() missing set
  [ $# -gt 0 ] || set -- build test
  for set in "$@"; do
    case $set in
      build) wanted+=("${build_packages[@]}") ;;
      test) wanted+=("${test_packages[@]}") ;;
      *) say "unknown set of packages '$set': there are build and test"; exit 2 ;;
    esac
  done
  if ! command -v apt-get >/dev/null; then
    say "no apt-get here. On another system install what stands for: ${wanted[*]}"
    exit 1
  fi
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [ ${#missing[@]} -gt 0 ] || exit 0

  say "installing ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 update --quiet
  forbid_services
  case " ${missing[*]} " in *" postgresql "*) forbid_cluster ;; esac
  apt_install "${missing[@]}"
}

main "$@"
