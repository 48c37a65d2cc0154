#!/usr/bin/env bash
# The man pages that were built have what they should, and groff has nothing to say about them:
# man_pages_test.sh DIR
set -euo pipefail
dir=$1

fail() { echo "man_pages_test: $*" >&2; exit 1; }

if ! command -v groff >/dev/null; then
  echo "man_pages_test: SKIPPED: no groff here"
  exit 77
fi

# page_has PAGE WORD…
page_has() {
  local page=$1 text warnings word
  shift
  [ -s "$dir/$page" ] || fail "$page is missing or empty"
  warnings=$(groff -man -ww -z -Tutf8 "$dir/$page" 2>&1)
  [ -z "$warnings" ] || fail "groff on $page: $warnings"
  text=$(groff -man -Tascii -P-cbou "$dir/$page" 2>/dev/null)  # has no ellipsis
  for word in "$@"; do
    grep -qF -- "$word" <<<"$text" || fail "$page does not have '$word'"
  done
}

page_has man1/hitch.1 NAME SYNOPSIS COMMANDS 'EXIT STATUS' ENVIRONMENT FILES 'SEE ALSO' \
  --until-regex HITCH_FILE
page_has man5/hitch.yaml.5 depends_on startup_timeout poststart 'SEVERAL FILES' '${VAR:-text}'
