#!/bin/sh
# run_as_user.sh BUILD SOURCE PROGRAM [ARG…]: runs a test program as an unprivileged user without a
# passwd entry. Everything it needs is copied to where that user can read it, since the checkout may
# be below a home directory. Exits with 77 (skipped) when the caller is no root and so is tested
# already.
set -eu
build=$1 source=$2 program=$3
shift 3
for argument; do
  case $argument in --gtest_list_tests) exec "$program" "$@" ;; esac
done
if [ "$(id -u)" -ne 0 ]; then
  echo "skipped: the other run of this test was unprivileged already"
  exit 77
fi

uid=65533
binary=${HITCH_BINARY:-$build/bin/hitch}
prefix=$(dirname "$(dirname "$binary")")
copy=$(mktemp -d /tmp/hitch-user-XXXXXX)
groups=
clean_up() {
  rm -rf "$copy"
  for group in $groups; do rmdir "$group" 2>/dev/null || true; done
}
trap clean_up EXIT
mkdir "$copy/bin" "$copy/home"
cp "$binary" "$copy/bin/hitch"
cp "$program" "$copy/bin/tests"
cp -r "${HITCH_FIXTURES:-$build/bin/fixtures}" "$copy/bin/fixtures"
cp -r "${HITCH_CONFIGS:-$source/configs}" "$copy/configs"
for part in libexec lib share; do
  if [ -d "$prefix/$part" ]; then cp -r "$prefix/$part" "$copy/$part"; fi
done
chmod -R a+rX "$copy"
chown -R "$uid:$uid" "$copy/home"
cd /

# On most systems everybody may make tap devices. Where only root may, the tests get a device of
# their own, in a mount namespace of their own.
own_tun='mount -t tmpfs -o mode=755 tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "$@"'
with_tun() { unshare --mount --propagation slave sh -c "$own_tun" sh "$@"; }
if [ ! -c /dev/net/tun ] || [ "$(stat -c %a /dev/net/tun)" = 666 ] || ! with_tun true; then
  with_tun() { "$@"; }
fi

# Control groups that the user may make some in, as systemd gives them to users: one in each tree.
# The other shell enters them, and all that it starts is in there.
in_groups='for group in $GROUPS_TO_ENTER; do echo 0 >"$group/cgroup.procs" || exit; done; exec "$@"'
for tree in $(awk '$3 ~ /^cgroup/ && $4 ~ /^rw/ && $4 ~ /memory|cpu|pids|rw/ {print $2}' /proc/mounts); do
  controller=$(basename "$tree")
  case $controller in memory|cpu|cpu,cpuacct|pids|unified) ;; *) continue ;; esac
  own=$(awk -F: -v name="$controller" '$2 == name || (name == "unified" && $2 == "") {print $3}' /proc/self/cgroup)
  group="$tree${own%/}/tests-$$"
  mkdir "$group" 2>/dev/null || continue
  chown "$uid:$uid" "$group" "$group/cgroup.procs"
  groups="$groups $group"
done

code=0
GROUPS_TO_ENTER=$groups HOME=$copy/home \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  HITCH_BINARY=$copy/bin/hitch HITCH_FIXTURES=$copy/bin/fixtures HITCH_CONFIGS=$copy/configs \
  with_tun sh -c "$in_groups" sh setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
  "$copy/bin/tests" "$@" || code=$?
exit "$code"
