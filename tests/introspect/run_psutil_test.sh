#!/bin/sh
# run_psutil_test.sh root|user PROGRAM [ARG…]: runs psutil_test.py as the caller, or as an
# unprivileged user, who gets a copy that it can read. Exits with 77 (skipped) for `user` when the
# caller is no root and so is tested already.
set -eu
who=$1 program=$2
shift 2
here=$(dirname "$(realpath "$0")")
uid=$(id -u nobody)  # initdb wants a user with a name

copy=$(mktemp -d /tmp/hitch-psutil-XXXXXX)
trap 'rm -rf "$copy"' EXIT
cp "$here/psutil_test.py" "$here/psutil_targets.py" "$copy"
cp "$program" "$copy/answer_questions"
chmod -R a+rX "$copy"
cd /
export ANSWER_QUESTIONS="$copy/answer_questions"
if [ "$who" = root ]; then
  /usr/bin/python3 -B "$copy/psutil_test.py" "$@"
elif [ "$(id -u)" -eq 0 ]; then
  env -u XDG_RUNTIME_DIR HOME=/tmp setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
    /usr/bin/python3 -B "$copy/psutil_test.py" "$@"
else
  echo "skipped: the other run of this test was unprivileged already"
  exit 77
fi
