"""An adapter that is well until its client is told to disconnect, and then misbehaves in the way its argument names.

Its client connects to nothing: it says that it is connected. Each process logs its id, which is its process group's.
"""
import json
import os
import signal
import subprocess
import sys
import time

HOW = sys.argv[1] if len(sys.argv) > 1 else "good"
out = sys.stdout.buffer
stops = False


def say(message):
    out.write((json.dumps(message) + "\n").encode())
    out.flush()


def for_ever():
    while True:
        time.sleep(3600)


def flood(pipe, text):
    while True:
        pipe.write(text)


def child():
    # Holds every pipe of ours, as daemons that an SDK starts do.
    subprocess.Popen(["sleep", "3600"])


def event(n):
    return {"event": {"n": n, "client": "page", "name": "onConnectionStatusChanged", "args": {"status": "connecting"}}}


def flood_of(message):
    line = (json.dumps(message) + "\n").encode()
    flood(out, line)


def misbehave(id):
    """Gives whether the request is to be answered all the same."""
    if HOW == "endless-stderr-line":
        flood(sys.stderr.buffer, b"x" * 65536)
    elif HOW == "stderr-lines":
        flood(sys.stderr.buffer, b"a line of log\n" * 4096)
    elif HOW == "endless-stdout-line":
        flood(out, b"x" * 65536)
    elif HOW == "events":
        flood_of(event(2))
    elif HOW == "fat-events":
        flood_of({"event": {"n": 2, "client": "page", "name": "onConnected", "args": {"list": [1] * 200_000}}})
    elif HOW == "logs":
        flood_of({"log": {"level": "info", "text": "x" * 1000}})
    elif HOW == "odd":
        flood_of({"id": 0, "result": {"code": 0}})
    elif HOW == "closes-stdout":
        os.close(1)
        for_ever()
    elif HOW == "closes-stdin":
        os.close(0)
        for_ever()
    elif HOW == "silent":
        sys.stderr.write("now silent\n")
        sys.stderr.flush()
        for_ever()
    elif HOW == "stops-reading":
        # After the fence that follows.
        global stops
        stops = True
    elif HOW == "leaves-a-child":
        child()
        os._exit(3)
    elif HOW == "crash":
        os._exit(4)
    elif HOW == "has-a-child":
        child()
    elif HOW == "no-utf-8":
        sys.stderr.buffer.write(b"caf\xe9\n")
        sys.stderr.buffer.flush()
    return True


def main():
    if HOW == "no-hello":
        # As a program whose stdout is not flushed.
        for_ever()
    if HOW == "ignores-the-end":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        message = json.loads(line)
        id = message.get("id")
        if "hello" in message:
            say({"hello": {"protocol": 1, "client": "misbehaving", "version": "0", "clock": "virtual",
                           "capabilities": ["virtual_time"], "platforms": ["Web"],
                           "methods": ["connect", "disconnect", "createTextMessage"],
                           "events": ["onConnected", "onConnectionStatusChanged"]}})
            say({"log": {"level": "info", "text": f"process {os.getpid()}"}})
        elif "call" in message:
            if message["call"]["method"] == "connect":
                say({"event": {"n": 1, "client": message["call"]["client"], "name": "onConnected",
                               "args": {"code": 0, "userId": "alice"}}})
            elif message["call"]["method"] == "disconnect" and not misbehave(id):
                continue
            say({"id": id, "result": {"code": 0}})
        elif "fence" in message:
            say({"id": id, "fenced": {"clients": [], "next": None, "quiet": True}})
            if stops:
                for_ever()
        elif "tick" in message:
            say({"id": id, "ticked": {"to": message["tick"]["to"], "next": None}})
        elif "reset" in message:
            say({"id": id, "resetDone": {"leftovers": []}})
        elif "bye" in message:
            if HOW != "ignores-the-end":
                return
        else:
            say({"id": id, "result": {"code": 0}})
    if HOW == "ignores-the-end":
        for_ever()


main()
