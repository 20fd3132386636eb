"""A client in real time and its adapter, in standard Python: it logs in over native TCP and sends texts. See ../README.md."""
import functools, json, socket, struct, sys, threading, urllib.request

TOPICS = {"private": "ppMsgP", "group": "pgMsgP"}
text = lambda value: struct.pack(">H", len(value.encode())) + value.encode()
field = lambda number, value: bytes([number << 3 | 2]) + varint(len(value.encode())) + value.encode()
varint = lambda n: bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
pad = lambda body: bytes(byte ^ b"\x6c\x4d\x15\x21\x10\x27\x16\x77"[at % 8] for at, byte in enumerate(body))


alone = threading.Lock()


def say(message):
    with alone:
        print(json.dumps(message), flush=True)


class Client:
    def __init__(self, client, appKey, options, **_):
        self.name, self.app_key, self.navi, self.n, self.sent, self.link = client, appKey, options["naviServer"], 0, {}, None

    def tell(self, name, **args):
        self.n += 1
        say({"event": {"n": self.n, "client": self.name, "name": name, "args": args}})

    def frame(self, header, body):
        size = varint(len(body))
        self.link.sendall(bytes([header, functools.reduce(lambda a, b: a ^ b, size, header)]) + size + pad(body))

    def connect(self, token, **_):
        self.tell("onConnectionStatusChanged", status="connecting")
        ask = urllib.request.Request(f"{self.navi}/v2/navi.json", f"token={token}".encode(), {"RC-Appkey": self.app_key, "RC-Negotiate": "conn=1"})
        try:
            navi = json.load(urllib.request.urlopen(ask))
        except urllib.error.HTTPError:
            self.tell("onConnected", code=31004, userId="")
            return {"code": 0}
        address = next(entry["addr"] for entry in navi["serverAddr"] if entry["protocol"] == 1).rsplit(":", 1)
        self.link = socket.create_connection(address)
        label = text(f"session:label={self.name}/1")
        who = [f"device-{self.name}", "Python", "PC--1.0", self.app_key, token.split("@")[0] + "@"]
        self.frame(0x14, text("RCloud") + b"\x03\xc6\0\x0a" + b"".join(map(text, who)) + label)
        threading.Thread(target=self.read, daemon=True).start()
        return {"code": 0}

    def createTextMessage(self, type, targetId, text, **_):
        return {"value": {"conversationType": type, "targetId": targetId, "messageType": "text", "text": text}}

    def sendMessage(self, message):
        if message.get("messageType") != "text" or message["conversationType"] not in TOPICS or not self.link:
            return {"unsupported": "texts in private chats and groups, once connected"}
        self.sent[len(self.sent) + 1] = message
        up = b"\x08\x03" + field(2, "RC:TxtMsg") + field(3, json.dumps({"content": message["text"]}))
        head = bytes(8) + text(TOPICS[message["conversationType"]]) + text(message["targetId"])
        self.frame(0x32, head + struct.pack(">H", len(self.sent)) + up)
        return {"code": 0}

    def read(self):
        stream = self.link.makefile("rb")
        while head := stream.read(2):
            size = shift = 0
            while (byte := stream.read(1)[0]) > 127:
                size, shift = size | (byte & 127) << shift, shift + 7
            body = pad(stream.read(size | byte << shift))
            if head[0] >> 4 == 2:  # CONNACK
                user = body[4:4 + body[3]].decode() if body[1] == 0 else ""
                self.tell("onConnectionStatusChanged", status="unconnected" if body[1] else "connected")
                self.tell("onConnected", code=body[1] and 31000 + body[1], userId=user)
            elif head[0] >> 4 == 4:  # PUBACK
                id, seconds, status, millis = struct.unpack(">HIHH", body[:10])
                told = {"messageUId": body[12:].decode(), "sentTime": seconds * 1000 + millis, "sentStatus": "failed" if status else "sent"}
                self.tell("onMessageSent", code=status, message=self.sent[id] | told)


clients, METHODS = {}, ["connect", "createTextMessage", "sendMessage"]
for line in sys.stdin:
    try:
        message = json.loads(line)
        id = message.get("id")
    except (ValueError, AttributeError):
        continue  # no message
    if "hello" in message:
        say({"hello": {"protocol": 1, "client": "python", "version": "1", "clock": "real", "capabilities": ["private", "group", "several_devices"],
                       "platforms": ["PC"], "methods": METHODS, "events": ["onConnected", "onConnectionStatusChanged", "onMessageSent"]}})
    elif "create" in message:
        clients[message["create"]["client"]] = Client(**message["create"])
        say({"id": id, "result": {"code": 0}})
    elif "call" in message:
        call = message["call"]
        method = getattr(clients[call["client"]], call["method"]) if call["method"] in METHODS else None
        try:
            said = method(**call["args"]) if method else {"unsupported": f"{call['method']} is not mapped"}
        except (OSError, LookupError, TypeError) as error:
            said = {"error": repr(error)}  # the case could not run; the next one is another
        say({"id": id, **(said if said.keys() & {"unsupported", "error"} else {"result": said})})
    elif "destroy" in message:
        clients.pop(message["destroy"]["client"], None)
        say({"id": id, "result": {"code": 0}})
    elif "reset" in message:
        clients.clear()
        say({"id": id, "resetDone": {"leftovers": []}})
    elif "bye" in message:
        break
    else:
        say({"id": id, "unsupported": "not mapped"})
