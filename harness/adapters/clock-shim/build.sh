#!/bin/sh
# Builds the shim into the folder build/, unless it is there and newer than its source, and prints where it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/build/clock-shim.so
if [ ! -e "$out" ] || [ "$here/shim.c" -nt "$out" ] || [ "$here/build.sh" -nt "$out" ]; then
  mkdir -p "$here/build"
  # Two may build at once: each into a file of its own, and the last one's stays.
  "${CC:-cc}" -O2 -fPIC -shared -fvisibility=hidden -fexceptions -Wall -Wextra -Werror -o "$out.$$" "$here/shim.c" -pthread -ldl
  mv -f "$out.$$" "$out"
fi
echo "$out"
