#!/bin/sh
# Builds the shim and its test program, and runs it in each of its modes. Exits with 1 if anything is not ok.
set -u
here=$(cd "$(dirname "$0")" && pwd)
shim=$("$here/build.sh") || exit 1
built=$here/build
flags="-O2 -Wall -Wextra -Werror -fno-optimize-sibling-calls -pthread"
"${CC:-cc}" $flags -fPIC -shared -o "$built/test-target.so" "$here/calls.c" || exit 1
"${CC:-cc}" $flags -o "$built/test" "$here/test.c" "$here/calls.c" -ldl || exit 1

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# A page of 24 bytes that says 2026-01-01T00:00:00Z, 1,767,225,600,000 ms.
fresh_page() { printf '\000\250\332\166\233\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000' > "$work/page"; }

# The same, and room for what the shim tells.
long_page=

# Says what is run; its variables come before the mode.
run() {
  mode=$1
  shift
  fresh_page
  if [ -n "$long_page" ]; then dd if=/dev/zero bs=4072 count=1 2>/dev/null >> "$work/page"; fi
  echo "# $mode: $*"
  timeout 300 env CLOCK_SHIM_PAGE="$work/page" "$@" LD_PRELOAD="$shim" "$built/test" "$mode" "$built/test-target.so" 2> "$work/stderr"
  status=$?
  cat "$work/stderr" >&2
  [ "$status" = 0 ] || { echo "not ok - $mode ended with $status"; failed=1; }
}

says_once() {
  if [ "$(grep -c '^clock-shim: .*real time$' "$work/stderr")" = 1 ] && [ "$(wc -l < "$work/stderr")" = 1 ]; then
    echo "ok - and it says so on stderr, once"
  else
    echo "not ok - and it says so on stderr, once"
    failed=1
  fi
}

run named CLOCK_SHIM_TARGET=test-target.so
run named CLOCK_SHIM_TARGET=other.so:test-target.so CLOCK_SHIM_SLICE_US=1000
run deadline CLOCK_SHIM_TARGET=test-target.so CLOCK_SHIM_FDS=deadline
run signals CLOCK_SHIM_TARGET=test-target.so CLOCK_SHIM_SLICE_US=20
long_page=1
run bell CLOCK_SHIM_TARGET=test-target.so CLOCK_SHIM_FDS=deadline
long_page=
run all CLOCK_SHIM_TARGET=
run real CLOCK_SHIM_PAGE="$work/none"
says_once
run real CLOCK_SHIM_PAGE=
says_once
: > "$work/empty"
run real CLOCK_SHIM_PAGE="$work/empty"
says_once

[ "$failed" = 0 ] && echo "# all is well" || echo "# something is not ok"
exit "$failed"
