#!/bin/sh
# run.sh BUILD SOURCE [FILTER]: runs the tests of limits and pausing in a virtual machine whose
# kernel has cgroup v2 and nothing else, as root and as a user to whom a group was delegated. Ends
# with 77 (skipped) where there is no emulator or no kernel to be had.
#
# The kernel is Debian's for clouds: HITCH_VM_KERNEL names a package file of it, or apt downloads
# one into BUILD/cgroup2. The rest of the machine is made of what is installed here.
set -eu
build=$1 source=$2 filter=${3:-Limits.*:Paused.*:ControlGroups.*:WithoutGroups.*}
skip() {
  echo "skipped: $1"
  exit 77
}
command -v qemu-system-x86_64 >/dev/null || skip 'no qemu-system-x86_64 (package qemu-system-x86)'
[ -x /bin/busybox ] || [ -x /usr/bin/busybox ] || skip 'no busybox (package busybox-static)'
busybox=$(command -v busybox)

place=$build/cgroup2
mkdir -p "$place"
package=${HITCH_VM_KERNEL:-$(find "$place" -name 'linux-image-*.deb' | head -n 1)}
if [ -z "$package" ]; then
  name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image/ {print $2; exit}')
  [ -n "$name" ] || skip 'apt knows no linux-image-cloud-amd64'
  (cd "$place" && apt-get download -q "$name" >/dev/null 2>&1) || skip "apt cannot download $name"
  package=$(find "$place" -name 'linux-image-*.deb' | head -n 1)
fi
rm -rf "$place/kernel" "$place/root"
dpkg-deb -x "$package" "$place/kernel"
kernel=$(find "$place/kernel/boot" -name 'vmlinuz-*')
overlay=$(find "$place/kernel" -name 'overlay.ko')

# A small system: programs with the libraries that they are linked to, Python and PostgreSQL.
root=$place/root
mkdir -p "$root"
cd "$root"
mkdir -p dev proc sys run root etc tmp var/tmp usr/bin usr/lib opt/hitch/bin newroot
for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; mkdir -p "usr/$name"; done
cp "$busybox" usr/bin/busybox
add() { # a file with its libraries, at its own path
  for file; do
    [ -e "$file" ] || continue
    real=$(readlink -f "$file")
    mkdir -p ".$(dirname "$real")" ".$(dirname "$file")"
    [ -e ".$real" ] || cp "$real" ".$real"
    [ -e ".$file" ] || ln -s "$real" ".$file"
    ldd "$real" 2>/dev/null | awk '/=> \// {print $3} /^\t\/lib/ {print $1}' | while read -r library; do
      target=.$(readlink -f "$(dirname "$library")")/$(basename "$library")
      [ -e "$target" ] || { mkdir -p "$(dirname "$target")"; cp -L "$library" "$target"; }
    done
  done
}
for program in sh bash cat echo sleep grep awk sed find mount umount unshare setpriv ls chown chmod mkdir rmdir rm \
  cp true false date env id head sort tr seq wc touch ps locale dirname basename mktemp stat readlink ln kill python3; do
  # Debian's own, whatever else the caller has in front of it.
  for directory in /usr/bin /usr/sbin; do add "$directory/$program"; done
done
version=$(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
mkdir -p "usr/lib/$version"
(cd "/usr/lib/$version" && tar -c --exclude=__pycache__ --exclude=dist-packages --exclude=test .) | tar -x -C "usr/lib/$version"
for file in /usr/lib/"$version"/lib-dynload/*.so; do add "$file"; done
[ ! -d /usr/lib/locale/C.utf8 ] || { mkdir -p usr/lib/locale && cp -r /usr/lib/locale/C.utf8 usr/lib/locale/; }
path=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
for directory in /usr/lib/postgresql/*/; do
  [ -d "$directory" ] || continue
  for file in "$directory"bin/postgres "$directory"bin/initdb "$directory"bin/psql "$directory"bin/pg_* "$directory"bin/createdb; do add "$file"; done
  ln -sf "${directory}bin/psql" usr/bin/psql
  mkdir -p ".$directory"lib
  cp "$directory"lib/*.so ".$directory"lib/
  mkdir -p usr/share
  cp -r /usr/share/postgresql usr/share/
  [ ! -d /usr/share/zoneinfo ] || cp -r /usr/share/zoneinfo usr/share/
  for file in "$directory"lib/*.so; do case $file in *llvm*) rm -f ".$file" ;; *) add "$file" ;; esac; done
  path=${directory}bin:$path
done
cp /etc/passwd /etc/group etc/
printf '127.0.0.1 localhost\n' >etc/hosts

cp "$build/bin/hitch" opt/hitch/bin/
cp "$build/bin/integration_tests_as_root" opt/hitch/bin/tests
for file in "$build/bin/hitch" "$build/bin/integration_tests_as_root" "$build"/bin/fixtures/*; do
  ldd "$file" 2>/dev/null | awk '/=> \// {print $3} /^\t\/lib/ {print $1}' | while read -r library; do
    target=.$(readlink -f "$(dirname "$library")")/$(basename "$library")
    [ -e "$target" ] || { mkdir -p "$(dirname "$target")"; cp -L "$library" "$target"; }
  done
done
cp -r "$build/bin/fixtures" opt/hitch/fixtures
cp -r "$source/configs" opt/hitch/configs
for part in libexec lib share; do [ ! -d "$build/$part" ] || cp -rL "$build/$part" "opt/hitch/$part"; done
strip opt/hitch/bin/* 2>/dev/null || true
chmod -R a+rX opt
[ -z "$overlay" ] || cp "$overlay" opt/overlay.ko
cp "$source/tests/cgroup2/inside.sh" opt/inside.sh
printf 'path=%s\nfilter="%s"\n' "$path" "$filter" >opt/settings

cat >init <<'END'
#!/usr/bin/busybox sh
# A root of its own: nothing can be mounted over the first one. pivot_root(2)
/usr/bin/busybox mount -t tmpfs -o size=75%,mode=755 root /newroot
for name in bin sbin lib lib64 usr opt etc; do /usr/bin/busybox cp -a /$name /newroot/; /usr/bin/busybox rm -rf /$name 2>/dev/null; done
END
# Its own busybox goes last.
sed -i 's|/usr/bin/busybox|/busybox|g' init
cp "$busybox" busybox
cat >>init <<'END'
for name in dev proc sys run tmp root; do /busybox mkdir -p /newroot/$name; done
/busybox mkdir -p /newroot/var/tmp
exec /busybox switch_root /newroot /bin/sh /opt/inside.sh
END
chmod +x init
find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1 >"$place/initrd.gz"

log=$place/console.log
timeout -k 5 1500 qemu-system-x86_64 -accel "${HITCH_VM_ACCEL:-tcg}" -cpu max -m 2560 -smp 2 -nographic -no-reboot \
  -kernel "$kernel" -initrd "$place/initrd.gz" -append 'console=ttyS0 panic=-1 quiet' </dev/null >"$log" 2>&1 || true
tr -d '\r' <"$log" | grep -a -v '^\[ RUN' | tail -n 200
grep -a -q 'RESULT 0' "$log"
