"""The vendor's Python server SDK, unmodified, against the address given: one JSON line a call.

`python3 calls.py URL APP_KEY APP_SECRET`
"""

import json
import sys

from rongcloud.rongcloud import RongCloud

URL, APP_KEY, APP_SECRET = sys.argv[1:4]
rc = RongCloud(APP_KEY, APP_SECRET, URL)
user, message, group = rc.get_user(), rc.get_message(), rc.get_group()
private, groups, system = message.get_private(), message.get_group(), message.get_system()
gag, ban = group.get_user().get_gag(), group.get_user().get_ban()
notification = rc.get_conversation().get_notification()
TEXT = "RC:TxtMsg"


def text(content):
    return {"content": content}


def uid(answer):
    return answer["messageUIDs"][0]["messageUID"]


# Each call with a name, in order; it is given the earlier answers by theirs.
CALLS = [
    ("register alice", lambda _: user.register("alice", "Alice", "http://127.0.0.1/a.png")),
    ("register bob", lambda _: user.register("bob", "Bob", "http://127.0.0.1/b.png")),
    ("register carol", lambda _: user.register("carol")),
    ("update bob", lambda _: user.update("bob", "Robert", "http://127.0.0.1/b.png")),
    ("query bob", lambda _: user.query("bob")),
    ("online alice", lambda _: user.check_online("alice")),
    ("online bob", lambda _: user.check_online("bob")),
    ("block bob", lambda _: user.get_block().add(["bob"], 10)),
    ("blocked", lambda _: user.get_block().query()),
    ("unblock bob", lambda _: user.get_block().remove(["bob"])),
    ("blacklist bob", lambda _: user.get_blacklist().add("alice", ["bob"])),
    ("blacklist of alice", lambda _: user.get_blacklist().query("alice")),
    ("unblacklist bob", lambda _: user.get_blacklist().remove("alice", ["bob"])),
    ("whitelist bob", lambda _: user.get_whitelist().add("alice", ["bob"])),
    ("whitelist of alice", lambda _: user.get_whitelist().query("alice")),
    ("unwhitelist bob", lambda _: user.get_whitelist().remove("alice", ["bob"])),
    ("tag alice", lambda _: user.get_tag().set("alice", ["vip", "north"])),
    ("tag both", lambda _: user.get_tag().set(["bob", "carol"], ["new"])),
    ("tags", lambda _: user.get_tag().get(["alice", "bob"])),
    (
        "push",
        lambda _: rc.get_push().push(
            ["ios"], None, None, ["alice"], None, False, "a push", "Title", "for iOS", None, 0, 1, "c", "u", "for Android", None
        ),
    ),
    (
        "push message",
        lambda _: rc.get_push().broadcast(
            ["ios", "android"],
            "office",
            ["vip"],
            ["north", "south"],
            None,
            False,
            text("to northern VIPs"),
            TEXT,
            "a push",
            None,
            None,
            0,
            None,
            None,
        ),
    ),
    ("private", lambda _: private.send("bob", "alice", TEXT, text("from the Python SDK"), is_include_sender=1)),
    (
        "template",
        lambda _: private.send_template(
            "bob",
            ["alice", "carol"],
            TEXT,
            [{"{name}": "Alice", "{n}": "1"}, {"{name}": "Carol", "{n}": "2"}],
            text("Dear {name}: {n}"),
            ["for {name}", ""],
            ["d", ""],
        ),
    ),
    ("recall", lambda answers: private.recall("bob", "alice", uid(answers["private"]), 1, is_admin=1)),
    ("status", lambda _: private.send_status_message("bob", ["alice"], TEXT, text("now or never"))),
    ("system", lambda _: system.send("office", ["alice", "bob"], TEXT, text("to both"))),
    (
        "system template",
        lambda _: system.send_template("office", ["alice"], TEXT, text("code {code}"), [{"{code}": "42"}]),
    ),
    ("broadcast", lambda _: message.broadcast("office", TEXT, text("to all"))),
    ("log", lambda _: message.get_history().query("2026010106")),
    ("remove log", lambda _: message.get_history().remove("2026010106")),
    ("log after", lambda _: message.get_history().query("2026010106")),
    ("create group", lambda _: group.create(["alice", "bob"], "g1", "Team")),
    ("join group", lambda _: group.join(["carol"], "g1", "Team")),
    ("rename group", lambda _: group.update("g1", "Team")),
    ("sync groups", lambda _: group.sync("carol", [("g1", "Team"), ("g2", "Spare")])),
    ("members", lambda _: group.query("g1")),
    ("members too", lambda _: group.get_user().query("g1")),
    ("groups of carol", lambda _: group.query_user_group("carol")),
    ("mute carol", lambda _: gag.add(["carol"], "g1", 10)),
    ("muted", lambda _: gag.query("g1")),
    ("unmute carol", lambda _: gag.remove(["carol"], "g1")),
    ("mute group", lambda _: ban.add(["g1"])),
    ("muted groups", lambda _: ban.query(["g1"])),
    ("let bob speak", lambda _: ban.get_whitelist().add(["bob"], "g1")),
    ("speakers", lambda _: ban.get_whitelist().query("g1")),
    ("let bob not speak", lambda _: ban.get_whitelist().remove(["bob"], "g1")),
    ("unmute group", lambda _: ban.remove(["g1"])),
    ("quit group", lambda _: group.quit(["carol"], "g1")),
    ("dismiss group", lambda _: group.dismiss("carol", "g2")),
    ("group", lambda _: groups.send("bob", "g1", TEXT, text("to the team"))),
    ("group status", lambda _: groups.send_status_message("bob", ["g1"], TEXT, text("who is there"))),
    ("directed", lambda _: groups.send_direction("bob", "g1", ["alice"], TEXT, text("to alice of the team"))),
    (
        "mention",
        lambda _: groups.send(
            "bob",
            "g1",
            TEXT,
            {"content": "@alice", "mentionedInfo": {"type": 2, "userIdList": ["alice"]}},
            is_mentioned=1,
        ),
    ),
    ("recall group", lambda answers: groups.recall("bob", "g1", uid(answers["group"]), 1, is_delete=1)),
    ("disturb not", lambda _: notification.set(3, "alice", "g1", 1)),
    ("disturbed", lambda _: notification.get(3, "alice", "g1")),
    ("disturb", lambda _: notification.set(3, "alice", "g1", 0)),
    ("disturb not again", lambda _: notification.set(1, "alice", "bob", 1)),
    ("refused: recall nothing", lambda _: private.recall("bob", "alice", "x", 1)),
    ("refused: rename nothing", lambda _: group.update("none", "n")),
]

answers = {}
for call, make in CALLS:
    answer = make(answers)
    if isinstance(answer, bytes):
        # Of a refusal the SDK gives the bare body.
        answer = json.loads(answer.decode())
    answers[call] = answer
    print(json.dumps({"call": call, "answer": answer}), flush=True)
