"""Has the conversation of a transcript with an adapter: what the harness says is said, what the adapter said is waited for.

    mock-server --listen 127.0.0.1:8090 &
    python3 replay.py transcript.txt ./my-adapter --flag

Kinds of answers, names of callbacks and their order are compared, nothing else; `unsupported` is right for every call. With
`--server http://127.0.0.1:PORT` the server is elsewhere.
"""
import json, queue, subprocess, sys, threading

HERE, LIMIT = "http://127.0.0.1:8090", 20


def kind(message):
    """What a message is: an answer to which request, or which callback."""
    if "event" in message:
        return f"callback {message['event']['name']} of {message['event']['client']}"
    said = next((name for name in message if name != "id"), "nothing")
    return f"{said} to {message['id']}" if "id" in message else said


def ended(why):
    print(f"not as in the transcript: {why}")
    sys.exit(1)


args = sys.argv[1:]
server = args.pop(1) if args[:1] == ["--server"] and len(args) > 1 else HERE
args = args[1:] if args[:1] == ["--server"] else args
if len(args) < 2:
    sys.exit(__doc__)
steps = [line.rstrip("\n").replace(HERE, server) for line in open(args[0]) if line[:2] in ("> ", "< ")]
adapter = subprocess.Popen(args[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
said = queue.Queue()


def listen():
    for line in adapter.stdout:
        said.put(line)
    said.put(None)


threading.Thread(target=listen, daemon=True).start()
wanted, done = [], 0
for step in steps + ["> "]:
    message = step[2:]
    if step[0] == "<":
        wanted.append(json.loads(message))
        continue
    # All that the adapter says before the harness goes on; order counts among callbacks, and among answers.
    while wanted:
        try:
            line = said.get(timeout=LIMIT)
        except queue.Empty:
            ended(f"nothing came for {LIMIT} s; awaited: {kind(wanted[0])}")
        if line is None:
            ended(f"the adapter ended; awaited: {kind(wanted[0])}")
        try:
            came = json.loads(line)
        except ValueError:
            ended(f"no JSON: {line[:200]!r}")
        if "log" in came:
            continue
        alike = [one for one in wanted if ("event" in one) == ("event" in came)]
        if not alike or kind(alike[0]).split(" to ")[-1] != kind(came).split(" to ")[-1]:
            ended(f"{kind(came)}; awaited: {' or '.join(kind(one) for one in wanted)}")
        if "unsupported" in came and "call" in sent:
            wanted = [one for one in wanted if "event" not in one]  # what it cannot do has no callbacks
        elif kind(came) != kind(alike[0]):
            ended(f"{kind(came)}; awaited: {kind(alike[0])}")
        wanted = [one for one in wanted if one is not alike[0]]
        done += 1
    if message:
        sent = json.loads(message)
        adapter.stdin.write(message + "\n")
adapter.stdin.close()
code = adapter.wait(timeout=LIMIT)
if code != 0:
    ended(f"it left with exit code {code}")
print(f"as in the transcript: {done} messages")
