"""The vendor's Python server SDK, unmodified, against the address given: one JSON line a call.

`python3 calls.py URL APP_KEY APP_SECRET`
"""

import json
import sys

from rongcloud.rongcloud import RongCloud

URL, APP_KEY, APP_SECRET = sys.argv[1:4]
rc = RongCloud(APP_KEY, APP_SECRET, URL)
user, message = rc.get_user(), rc.get_message()

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
]

for call, make in CALLS:
    answer = make()
    if isinstance(answer, bytes):
        answer = answer.decode()
    print(json.dumps({"call": call, "answer": answer}), flush=True)
