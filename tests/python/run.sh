#!/bin/sh
# run.sh WHO BUILD SOURCE FILE…: runs tests of the Python package with pytest of Debian, as whoever calls
# this (root) or as an unprivileged user (user). 77 is "cannot run here".
set -eu
who=$1 build=$2 source=$3
shift 3

needed='import aiosmtpd, celery, django, memcache, mypy, pip, psutil, psycopg2, pymysql, pytest, redis, wheel, xdist'
if ! missing=$(/usr/bin/python3 -c "$needed" 2>&1); then
  echo "skipped: $(echo "$missing" | tail -n 1); scripts/install-deps.sh test installs it"
  exit 77
fi

stage=$(mktemp -d /tmp/hitch-python-XXXXXX)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/fixtures/tests" "$stage/fixtures/docs"
cp -r "$source/python" "$stage/fixtures/python"
cp -r "$source/tests/python" "$stage/fixtures/tests/python"
cp "$source/docs/python.md" "$stage/fixtures/docs/"
cat >"$stage/tests" <<'EOF'
#!/bin/sh
set -eu
export PYTHONPATH="$HITCH_FIXTURES/python" PYTHONDONTWRITEBYTECODE=1
export HITCH_PYTHON_SOURCE="$HITCH_FIXTURES" HITCH_PLUGIN="-p hitchserve.pytest_plugin"
said=$(cd /var/tmp && echo '{"name": "probe", "services": {}}' |
  XDG_RUNTIME_DIR= "$HITCH_BINARY" -f - run -- true 2>&1) || case $said in
  *"create namespaces"*)
    echo "skipped: $said"
    [ -n "${HITCH_REQUIRE_NAMESPACES:-}" ] || exit 77
    ;;
esac
cd "$HITCH_FIXTURES/tests/python"
exec /usr/bin/python3 -m pytest -p no:cacheprovider $HITCH_PLUGIN -q --durations=5 "$@"
EOF
chmod -R a+rX "$stage"
chmod a+x "$stage/tests"

export HITCH_BINARY="${HITCH_BINARY:-$build/bin/hitch}" HITCH_FIXTURES="$stage/fixtures"
case $who in
  root) "$stage/tests" "$@" ;;
  user) sh "$source/tests/run_as_user.sh" "$build" "$source" "$stage/tests" "$@" ;;
esac
