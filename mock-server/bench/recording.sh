#!/usr/bin/env bash
# What a recording costs the server: CPU time a message without one, with what is done to a world alone, and with all of it, in
# turns; then how long a world of 100,000 messages takes to be there again after a kill. See ../BENCHMARKS.md.
#
#   mock-server/bench/recording.sh [--rounds N] [--no-build]
set -euo pipefail

rounds=3
build=yes
while (($#)); do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --no-build) build=no; shift ;;
    *) echo "recording.sh: unknown argument $1" >&2; exit 2 ;;
  esac
done
root=$(cd "$(dirname "$0")/../.." && pwd)
[[ $build == no ]] || cargo build --release --manifest-path "$root/Cargo.toml" -p mock-server -p harness
bin=${BIN:-${CARGO_TARGET_DIR:-$root/target}/release}

work=$(mktemp -d)
server=
finish() {
  [[ -z $server ]] || kill -9 "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# start ARGUMENTS: a server, and the address at which it is ready.
start() {
  : >"$work/ready"
  "$bin/mock-server" "$@" >"$work/ready" 2>/dev/null &
  server=$!
  until [[ -s $work/ready ]]; do sleep 0.01; done
  address=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["tcp"])' "$work/ready")
}

stop() {
  kill "-$1" "$server"
  wait "$server" 2>/dev/null || true
  server=
}

# cost WORD WINDOW SENDERS COUNT RECORDING-ARGUMENTS: a line with the CPU time of a message.
cost() {
  local word=$1 window=$2 senders=$3 count=$4
  shift 4
  rm -rf "$work/recordings"
  start "$@"
  "$bin/harness" load pairs --count "$count" --parallel "$senders" --window "$window" \
    --address "$address" --pid "$server" --json >"$work/result"
  stop TERM
  python3 -c 'import json, sys
print("{:28} {:6.2f} us".format(sys.argv[2], json.load(open(sys.argv[1]))["serverCpuMicros"]))' "$work/result" "$word"
}

for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds"
  cost 'one at a time' 1 1 20000
  cost '  with what is done' 1 1 20000 --record "$work/recordings" --record-inputs
  cost '  with all of it' 1 1 20000 --record "$work/recordings"
  cost '32 on the way' 32 16 100000
  cost '  with what is done' 32 16 100000 --record "$work/recordings" --record-inputs
  cost '  with all of it' 32 16 100000 --record "$work/recordings"
done

# The last one is of 100,000 messages; it was ended in good form, and is killed now.
start --resume "$work/recordings"
stop KILL
before=$(date +%s%N)
start --resume "$work/recordings"
after=$(date +%s%N)
echo "100,000 messages, recorded with all that was said ($(du -sh "$work/recordings" | cut -f1)), killed: there again after $(((after - before) / 1000000)) ms"
stop TERM
