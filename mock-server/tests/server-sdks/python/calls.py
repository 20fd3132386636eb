"""The vendor's Python server SDK, unmodified, against the address given: one JSON line a call.

`python3 calls.py URL APP_KEY APP_SECRET`
"""

import json
import sys

from rongcloud.rongcloud import RongCloud

URL, APP_KEY, APP_SECRET = sys.argv[1:4]
rc = RongCloud(APP_KEY, APP_SECRET, URL)
user, message, group = rc.get_user(), rc.get_message(), rc.get_group()

CALLS = [
    ("register alice", lambda: user.register("alice", "Alice", "http://127.0.0.1/a.png")),
    ("register bob", lambda: user.register("bob", "Bob", "http://127.0.0.1/b.png")),
    ("update bob", lambda: user.update("bob", "Robert", "http://127.0.0.1/b.png")),
    ("query bob", lambda: user.query("bob")),
    ("online bob", lambda: user.check_online("bob")),
    ("block bob", lambda: user.get_block().add(["bob"], 10)),
    ("blocked", lambda: user.get_block().query()),
    ("unblock bob", lambda: user.get_block().remove(["bob"])),
    ("blacklist bob", lambda: user.get_blacklist().add("alice", ["bob"])),
    ("blacklist of alice", lambda: user.get_blacklist().query("alice")),
    ("unblacklist bob", lambda: user.get_blacklist().remove("alice", ["bob"])),
    ("whitelist bob", lambda: user.get_whitelist().add("alice", ["bob"])),
    ("whitelist of alice", lambda: user.get_whitelist().query("alice")),
    ("unwhitelist bob", lambda: user.get_whitelist().remove("alice", ["bob"])),
    ("private", lambda: message.get_private().send("bob", "alice", "RC:TxtMsg", {"content": "from the Python SDK"})),
    ("system", lambda: message.get_system().send("office", ["alice", "bob"], "RC:TxtMsg", {"content": "to both"})),
    ("create group", lambda: group.create(["alice", "bob"], "g1", "Team")),
    ("join group", lambda: group.join(["carol"], "g1", "Team")),
    ("rename group", lambda: group.update("g1", "Team")),
    ("members", lambda: group.query("g1")),
    ("mute carol", lambda: group.get_user().get_gag().add(["carol"], "g1", 10)),
    ("muted", lambda: group.get_user().get_gag().query("g1")),
    ("unmute carol", lambda: group.get_user().get_gag().remove(["carol"], "g1")),
    ("quit group", lambda: group.quit(["carol"], "g1")),
    ("group", lambda: message.get_group().send("bob", "g1", "RC:TxtMsg", {"content": "to the team"})),
    ("disturb not", lambda: rc.get_conversation().get_notification().set(3, "alice", "g1", 1)),
]

for call, make in CALLS:
    answer = make()
    if isinstance(answer, bytes):
        answer = answer.decode()
    print(json.dumps({"call": call, "answer": answer}), flush=True)
