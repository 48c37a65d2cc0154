#!/bin/sh
# The shipped AppArmor profile is one. Debian's parser is of version 3 and knows no 'userns': what only
# version 4 has is left out for it. apparmor_parser(8)
set -eu
parser=$(command -v apparmor_parser || echo /usr/sbin/apparmor_parser)
[ -x "$parser" ] || { echo "skipped: no apparmor_parser"; exit 77; }
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
profile=$1
case $("$parser" --version) in
  *" version 4"*) cp "$profile" "$copy" ;;
  *) sed 's|<abi/4.0>|<abi/3.0>|; /^  userns,$/d' "$profile" >"$copy" ;;
esac
grep -q '^  userns,$' "$profile"
"$parser" -Q -K "$copy"
# It can fail.
echo 'profile broken {' >>"$copy"
! "$parser" -Q -K "$copy" 2>/dev/null
