#!/usr/bin/env bash
# Our server and mosquitto do the same work on this machine, in turns; prints CPU time a unit for both and how we stand
# against our goals. See ../BENCHMARKS.md.
#
#   mock-server/bench/compare.sh [--rounds N] [--scale PERCENT] [--no-build] [--results FILE.jsonl]
#
# Wants mosquitto (Debian: apt-get install mosquitto), python3, and a limit of 20,000 open files or so.
set -euo pipefail

rounds=3
scale=100
build=yes
results=
while (($#)); do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --scale) scale=$2; shift 2 ;;
    --results) results=$2; shift 2 ;;
    --no-build) build=no; shift ;;
    *) echo "compare.sh: unknown argument $1" >&2; exit 2 ;;
  esac
done

root=$(cd "$(dirname "$0")/../.." && pwd)
for tool in python3 mosquitto; do
  # Debian keeps mosquitto in /usr/sbin, which not every PATH has.
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || { echo "compare.sh: $tool is missing" >&2; exit 2; }
done
mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto)
if [[ $build == yes ]]; then
  cargo build --release --manifest-path "$root/Cargo.toml" -p mock-server -p harness
fi
bin=${BIN:-$root/target/release}
harness=${HARNESS:-$bin/harness}
mock_server=${MOCK_SERVER:-$bin/mock-server}

work=$(mktemp -d)
broker=
finish() {
  if [[ -n $broker ]]; then
    kill "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
results=${results:-$work/results.jsonl}
: >"$results"

ulimit -n "$(ulimit -Hn)"

# A broker for every run, as our server has one: neither carries memory or sessions from one run to the next.
start_broker() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >"$work/mosquitto.conf" <<CONF
listener $port 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages ${1:-0}
set_tcp_nodelay true
log_dest none
CONF
  if [[ $(id -u) == 0 ]]; then
    echo "user root" >>"$work/mosquitto.conf"
  fi
  "$mosquitto" -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
  broker=$!
  for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    sleep 0.02
  done
  echo "compare.sh: mosquitto does not listen" >&2
  cat "$work/mosquitto.log" >&2
  exit 3
}

stop_broker() {
  kill "$broker"
  wait "$broker" || true
  broker=
}

# run NAME SERVER ARGUMENTS…: one line of results.
run() {
  local name=$1 server=$2 line
  shift 2
  case $server in
    ours) line=$("$harness" load "$@" --spawn "$mock_server" --json) ;;
    mosquitto | mosquitto20)
      start_broker "$([[ $server == mosquitto20 ]] && echo 20 || echo 0)"
      line=$("$harness" load "$@" --protocol mqtt --address "127.0.0.1:$port" --pid "$broker" --json)
      stop_broker
      ;;
  esac
  echo "{\"name\":\"$name\",\"server\":\"$server\",\"result\":$line}" >>"$results"
}

scaled() { echo $((($1 * scale + 99) / 100)); }

for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  pairs=(pairs --count "$(scaled 100000)" --parallel 16 --window 32)
  run pairs ours "${pairs[@]}"
  run pairs mosquitto "${pairs[@]}"
  run pairs-websocket ours "${pairs[@]}" --protocol websocket

  single=(pairs --count "$(scaled 30000)" --parallel 1 --window 1)
  run single ours "${single[@]}"
  run single mosquitto "${single[@]}"
  run single-websocket ours "${single[@]}" --protocol websocket

  store=(store --count "$(scaled 100000)")
  run store ours "${store[@]}"
  run store mosquitto "${store[@]}"

  backlog=(backlog --count "$(scaled 50000)")
  # Short runs: more of them.
  for _ in 1 2 3; do
    run backlog ours "${backlog[@]}"
    run backlog mosquitto "${backlog[@]}"
  done
  run backlog mosquitto20 "${backlog[@]}"

  room=(room --members 1000 --window 1 --count "$(scaled 100)")
  run room-1000 ours "${room[@]}"
  run room-1000 mosquitto "${room[@]}"
  # The same members in a hundred rooms that are spoken in by turns.
  run room-1000-in-100 ours "${room[@]}" --rooms 100
  burst=(room --members 1000 --window 32 --count "$(scaled 320)")
  run room-1000-bursts ours "${burst[@]}"
  run room-1000-bursts mosquitto "${burst[@]}"

  # 100 members are online, the others cost nothing.
  ultra=(ultra-group --online 100 --rooms 50 --window 1 --count "$(scaled 1000)")
  run ultra-group-101 ours "${ultra[@]}" --members 101
  run ultra-group-100000 ours "${ultra[@]}" --members 100000

  connect=(connect --count "$(scaled 5000)" --parallel 16)
  for _ in 1 2 3; do
    run connect ours "${connect[@]}"
    run connect mosquitto "${connect[@]}"
  done
  run connect-websocket ours "${connect[@]}" --protocol websocket

  idle=(idle --count "$(scaled 5000)")
  run idle ours "${idle[@]}"
  run idle mosquitto "${idle[@]}"
  run idle-websocket ours "${idle[@]}" --protocol websocket
done
# The largest room takes mosquitto seconds a message: once is enough.
large=(room --members 10000 --window 1 --count "$(scaled 20)")
run room-10000 ours "${large[@]}"
run room-10000 mosquitto "${large[@]}"
# 250,000 messages are 1,000,000 frames.
run million ours pairs --count "$(scaled 250000)" --parallel 16 --window 32

echo "$(nproc) cores, $("$mosquitto" -h 2>/dev/null | head -1), $("$mock_server" --version)"
python3 "$root/mock-server/bench/table.py" "$results"
