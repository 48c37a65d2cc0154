# What the virtual machine of run.sh does: its first process, in a system with cgroup v2 alone.
. /opt/settings
export PATH="$path" HITCH_BINARY=/opt/hitch/bin/hitch HITCH_FIXTURES=/opt/hitch/fixtures HITCH_CONFIGS=/opt/hitch/configs
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 -o nsdelegate,nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
chmod 1777 /var/tmp
/usr/bin/busybox insmod /opt/overlay.ko
/usr/bin/busybox ip link set lo up
echo "kernel $(cat /proc/sys/kernel/osrelease), controllers: $(cat /sys/fs/cgroup/cgroup.controllers)"
failed=0
check() { # WHAT COMMAND…
  what=$1
  shift
  if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failed=1; fi
}
as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/tmp/user "$@"; }
mkdir -p /tmp/user /root/home
chown 1000:1000 /tmp/user
in_group() { # GROUP COMMAND…: in a process that is alone there
  group=$1
  shift
  sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}
groups=/sys/fs/cgroup
is_as_before() { # GROUP: it hands down nothing, and nothing of hitch is left in it
  [ -z "$(find $groups -name 'hitch-*')" ] && [ -z "$(cat "$1/cgroup.subtree_control")" ]
}

# 1. root, in the root of the tree.
export HOME=/root/home HITCH_REQUIRE_NAMESPACES=1
check 'tests as root' /opt/hitch/bin/tests --gtest_filter="$filter"
check 'the root hands down nothing' is_as_before $groups

# 2. A user as systemd has him: everything below user@1000.service is his, a terminal has a group
# two levels below that, and slices hand down what others need.
echo '+memory +pids +cpu' >$groups/cgroup.subtree_control
above=$groups/user.slice/user-1000.slice
mkdir -p $above
echo '+memory +pids +cpu' >$groups/user.slice/cgroup.subtree_control
echo '+memory +pids +cpu' >$above/cgroup.subtree_control
service=$above/user@1000.service
mkdir $service
chown 1000:1000 $service $service/cgroup.procs $service/cgroup.subtree_control
as_user mkdir -p $service/app.slice/terminal.scope $service/init.scope
as_user sh -c "echo '+memory +pids +cpu' >$service/cgroup.subtree_control; echo '+memory +pids' >$service/app.slice/cgroup.subtree_control"
check 'tests as a user in a terminal' in_group $service/app.slice/terminal.scope setpriv --reuid 1000 --regid 1000 --clear-groups \
  env HOME=/tmp/user /opt/hitch/bin/tests --gtest_filter="$filter"
handed_down=$(cat $service/cgroup.subtree_control)
check 'it hands down what it did' [ "$handed_down" = 'cpu memory pids' ]
check 'nothing is left' [ -z "$(find $groups -name 'hitch-*')" ]

# A user with a group of his own that hands down nothing yet; the shell is in a group below.
mkdir -p $groups/user
chown 1000:1000 $groups/user $groups/user/cgroup.procs $groups/user/cgroup.subtree_control
as_user mkdir $groups/user/shell
check 'tests as a user with a delegated group' in_group $groups/user/shell setpriv --reuid 1000 --regid 1000 --clear-groups \
  env HOME=/tmp/user /opt/hitch/bin/tests --gtest_filter="Limits.H*:Limits.G*:Limits.Who*:Paused.*"
check 'the group of the user hands down nothing' is_as_before $groups/user
rmdir $groups/user/shell

# 3. hitch alone in the group: it moves to a group below, and back.
mkdir /tmp/user/shop
cat >/tmp/user/shop/hitch.yaml <<'END'
services:
  Web: {command: [sleep, '1000'], limits: {memory: 64MiB, cpus: 1, pids: 30, required: true}}
END
mkdir /tmp/user/idle
echo "services: {Idle: {command: [sleep, '1000']}}" >/tmp/user/idle/hitch.yaml
chown -R 1000:1000 /tmp/user/shop /tmp/user/idle
alone() {
  (cd /tmp/user/shop && in_group $groups/user setpriv --reuid 1000 --regid 1000 --clear-groups \
    env HOME=/tmp/user "$@")
}
look='cat /sys/fs/cgroup/user/hitch-*/service-Web/memory.max /sys/fs/cgroup/user/hitch-*/service-Web/cpu.max /sys/fs/cgroup/user/hitch-*/service-Web/pids.max'
in_force() { [ "$(alone $HITCH_BINARY run -q -- sh -c "$look")" = "$(printf '67108864\n100000 100000\n30')" ]; }
check 'limits of hitch alone in its group' in_force
check 'it has moved back, and nothing is left' is_as_before $groups/user

# 4. The same, and hitch is killed: the next one cleans up.
killed() {
  alone $HITCH_BINARY run -- sleep 1000 &
  for try in $(seq 500); do
    [ -n "$(find $groups/user -name service-Web)" ] && break
    sleep 0.02
  done
  sleep 0.3
  for pid in $(cat $groups/user/hitch-*/supervisor/cgroup.procs); do
    [ "$(readlink /proc/$pid/exe)" = $HITCH_BINARY ] && kill -9 $pid
  done
  for try in $(seq 500); do
    grep -q 'populated 0' $groups/user/cgroup.events && break
    sleep 0.02
  done
  [ -n "$(find $groups/user -name service-Web)" ] || return 1
  # From outside: nobody can enter a group that hands down.
  as_user sh -c "cd /tmp/user/idle && $HITCH_BINARY run -q -- true"
  is_as_before $groups/user
}
check 'groups of a killed hitch go with the next one' killed

# 5. Somebody else in the group: nobody is moved, and it is told.
others() {
  in_group $groups/user sleep 1000 &
  for try in $(seq 500); do grep -q . $groups/user/cgroup.procs && break; sleep 0.02; done
  before=$(cat $groups/user/cgroup.procs)
  said=$(alone $HITCH_BINARY run -q -- true 2>&1)
  code=$?
  after=$(cat $groups/user/cgroup.procs)
  kill $before
  echo "$said"
  [ "$before" = "$after" ] && [ $code -eq 125 ] &&
    echo "$said" | grep -q "'limits.memory' of service 'Web' is required.*has other processes in it"
}
check 'processes of others stay where they are' others
is_as_before $groups/user || { echo 'FAILED: left over'; failed=1; }
as_user $HITCH_BINARY doctor | grep -E 'limit|freezer'
echo "RESULT $failed"
/usr/bin/busybox poweroff -f
