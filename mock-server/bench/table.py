"""Reads the results of compare.sh and prints medians, ratios and goals as a Markdown table."""

import json
import statistics
import sys

runs = {}
for line in open(sys.argv[1], encoding="utf-8"):
    run = json.loads(line)
    runs.setdefault((run["name"], run["server"]), []).append(run["result"])


def median(name, server, field):
    values = [result.get(field) for result in runs.get((name, server), [])]
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def verdict(value, goal, at_least=False):
    if value is None:
        return "not measured"
    return "met" if (value >= goal if at_least else value <= goal) else "MISSED"


print("| what | ours | mosquitto | ratio | goal | |")
print("|---|---:|---:|---:|---:|---|")


def compare(label, name, field, goal, unit, at_least=False, theirs=None, server="mosquitto", digits=2):
    our, their = median(name, "ours", field), median(theirs or name, server, field)
    ratio = our / their if our is not None and their else None
    sign = "≥" if at_least else "≤"
    shown = [f"{value:,.{digits}f} {unit}" if value is not None else "–" for value in (our, their)]
    shown_ratio = f"{ratio:.2f}" if ratio is not None else "–"
    wanted, judged = (f"{sign} {goal}", verdict(ratio, goal, at_least)) if goal else ("–", "")
    print(f"| {label} | {shown[0]} | {shown[1]} | {shown_ratio} | {wanted} | {judged} |")


CPU = "serverCpuMicros"
compare("messages, 32 on the way: CPU each", "pairs", CPU, 0.3, "µs")
compare("the same on WebSocket (against MQTT on TCP)", "pairs-websocket", CPU, None, "µs", theirs="pairs")
compare("messages, one at a time: CPU each", "single", CPU, 1.0, "µs")
compare("the same on WebSocket (against MQTT on TCP)", "single-websocket", CPU, None, "µs", theirs="single")
compare("storing for a user who is away: CPU a message", "store", CPU, 0.35, "µs")
compare("reading a backlog: CPU a message", "backlog", CPU, 0.1, "µs")
compare("reading a backlog: messages a second", "backlog", "perSecond", 5, "", at_least=True, digits=0)
compare("… CPU, against 20 in flight (mosquitto's default)", "backlog", CPU, None, "µs", server="mosquitto20")
compare("… a second, against 20 in flight", "backlog", "perSecond", None, "", server="mosquitto20", digits=0)
compare("a room of 1,000, one message at a time: CPU a delivery", "room-1000", CPU, 1.0, "µs")
compare("a room of 1,000, 32 at once: CPU a delivery", "room-1000-bursts", CPU, 0.15, "µs")
compare("a room of 10,000, one at a time: CPU a delivery", "room-10000", CPU, 0.7, "µs")
compare("a room of 1,000, one at a time: deliveries a second", "room-1000", "perSecond", None, "", digits=0)
compare("login on TCP: CPU each", "connect", CPU, 1.0, "µs")
compare("login on WebSocket (against MQTT on TCP): CPU each", "connect-websocket", CPU, 1.7, "µs", theirs="connect")
compare("idle connection on TCP: memory", "idle", "serverBytes", None, "B", digits=0)

print()
print("| what | ours | goal | |")
print("|---|---:|---:|---|")
for label, name in (("TCP", "idle"), ("WebSocket", "idle-websocket")):
    value = median(name, "ours", "serverBytes")
    shown = f"{value:,.0f} B" if value is not None else "–"
    print(f"| idle connection on {label}: memory | {shown} | ≤ 4,096 B | {verdict(value, 4096)} |")
value = median("store", "ours", "serverBytes")
shown = f"{value - 100:,.0f} B" if value is not None else "–"
judged = verdict(None if value is None else value - 100, 500)
print(f"| a stored message, beyond its content of 100 bytes | {shown} | ≤ 500 B | {judged} |")
one, many = median("room-1000", "ours", CPU), median("room-1000-in-100", "ours", CPU)
shown = f"{one:,.2f} -> {many:,.2f} µs" if one is not None and many is not None else "–"
# Runs differ by as much.
judged = verdict(many / one if shown != "–" else None, 1.25)
print(f"| a delivery to 1,000 members of one room, and of 100 rooms by turns: CPU | {shown} | ≤ 1.25 × | {judged} |")
few, all_of_them = median("ultra-group-101", "ours", CPU), median("ultra-group-100000", "ours", CPU)
shown = f"{few:,.2f} -> {all_of_them:,.2f} µs" if few is not None and all_of_them is not None else "–"
judged = verdict(all_of_them / few if shown != "–" else None, 1.25)
what = "a delivery in an ultra group with 50 channels and 100 members online, of 101 and of 100,000: CPU"
print(f"| {what} | {shown} | ≤ 1.25 × | {judged} |")
million = runs.get(("million", "ours"), [])
for result in million:
    before, after = result["serverRssBefore"] / 1024, result["serverRssAfter"] / 1024
    # What fills the journal's ring and the buffers once is no growth; 2 MiB hold both.
    judged = verdict(after - before, 2048)
    frames = 4 * result["units"]
    print(f"| memory over {frames:,} frames | {before:,.0f} -> {after:,.0f} KiB | flat | {judged} |")
starts = [result["startMillis"] for key, some in runs.items() if key[1] == "ours" for result in some]
if starts:
    value = statistics.median(starts)
    shown = f"{value:.1f} ms (fastest {min(starts):.1f} ms)"
    print(f"| start to ready line, median of {len(starts)} | {shown} | < 5 ms | {verdict(value, 5)} |")
