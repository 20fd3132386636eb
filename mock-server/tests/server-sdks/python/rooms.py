"""Every call about chatrooms that the vendor's Python server SDK has, unmodified: one JSON line a call.

`python3 rooms.py URL APP_KEY APP_SECRET`
"""

import json
import sys

from rongcloud.rongcloud import RongCloud

URL, APP_KEY, APP_SECRET = sys.argv[1:4]
rc = RongCloud(APP_KEY, APP_SECRET, URL)
rooms, messages = rc.get_chatroom(), rc.get_message().get_chatroom()
users = rooms.get_user()
priority, keepalive = rooms.get_message().get_priority(), rooms.get_keepalive()


def say(content):
    return messages.send("office", "hall", "RC:TxtMsg", {"content": content})


CALLS = [
    ("create", lambda _: rooms.create([("attic", "Attic"), ("shed", "Shed")])),
    ("rooms", lambda _: rooms.query(["attic", "shed", "none"])),
    ("members", lambda _: users.query("hall", 500, 1)),
    ("alice exists", lambda _: users.isexist("hall", "alice")),
    ("exist", lambda _: users.isexist("hall", ["alice", "zoe"])),
    ("send", lambda _: say("to the hall")),
    ("send to several", lambda _: say("to both")),
    ("broadcast", lambda _: messages.broadcast("office", "RC:TxtMsg", {"content": "to all rooms"})),
    ("stop", lambda _: rooms.get_message().stop_distribution("hall")),
    ("send in vain", lambda _: say("unheard")),
    ("resume", lambda _: rooms.get_message().resume_distribution("hall")),
    ("send again", lambda _: say("heard")),
    ("send a slip", lambda _: say("a slip")),
    (
        "recall",
        lambda answers: messages.recall("office", "hall", answers["send a slip"]["messageUIDs"][0]["messageUID"], 1, is_admin=1),
    ),
    ("mute", lambda _: users.get_gag().add(["alice", "bob"], "hall", 10)),
    ("unmute bob", lambda _: users.get_gag().remove("bob", "hall")),
    ("muted", lambda _: users.get_gag().query("hall")),
    ("mute bob everywhere", lambda _: users.get_ban().add("bob", 10)),
    ("muted everywhere", lambda _: users.get_ban().query()),
    ("unmute bob everywhere", lambda _: users.get_ban().remove("bob")),
    ("block", lambda _: users.get_block().add(["bob", "zoe"], "hall", 10)),
    ("unblock zoe", lambda _: users.get_block().remove("zoe", "hall")),
    ("blocked", lambda _: users.get_block().query("hall")),
    ("keep alive", lambda _: keepalive.add("hall")),
    ("kept alive", lambda _: keepalive.query()),
    ("keep alive no longer", lambda _: keepalive.remove("hall")),
    ("demote", lambda _: priority.add(["RC:VcMsg", "RC:ImgMsg"])),
    ("promote", lambda _: priority.remove(["RC:ImgMsg"])),
    ("demoted", lambda _: priority.query()),
    ("keep types", lambda _: rooms.get_whitelist().add(["RC:TxtMsg", "RC:ImgMsg"])),
    ("keep images no longer", lambda _: rooms.get_whitelist().remove(["RC:ImgMsg"])),
    ("kept types", lambda _: rooms.get_whitelist().query()),
    ("keep users", lambda _: users.get_whitelist().add("hall", ["alice", "zoe"])),
    ("keep zoe no longer", lambda _: users.get_whitelist().remove("hall", ["zoe"])),
    ("kept users", lambda _: users.get_whitelist().query("hall")),
    ("destroy", lambda _: rooms.destroy("cellar")),
    ("refused: stop", lambda _: rooms.get_message().stop_distribution("none")),
    ("refused: keep alive no longer", lambda _: keepalive.remove("hall")),
]

answers = {}
for call, make in CALLS:
    answer = make(answers)
    if isinstance(answer, bytes):
        # Of a refusal the SDK gives the bare body.
        answer = json.loads(answer.decode())
    answers[call] = answer
    print(json.dumps({"call": call, "answer": answer}), flush=True)
