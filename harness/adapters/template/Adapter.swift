// A template of an adapter in Swift, in real time: complete as to the protocol, empty as to the client. Fill in `MyClient`.
// See README.md beside this file. It needs nothing but Foundation.

import Foundation

/// Documented names of what is mapped: `harness explain METHOD` and `harness explain CALLBACK` tell arguments.
let methods = ["connect", "disconnect", "sendMessage"]
let events = ["onConnected", "onConnectionStatusChanged", "onMessageSent", "onMessageReceived"]

/// What scenarios may ask for: `harness explain needs`. Name only what the client can.
let capabilities = ["private", "group"]

typealias Json = [String: Any]

/// Tells a callback with its arguments by their documented names; from any thread.
typealias Tell = (_ name: String, _ args: Json) -> Void

/// What the client cannot do is counted apart: never as passed, never as failed.
func unsupported(_ reason: String) -> Json { ["unsupported": reason] }

/// What a method itself returned: a code, 0 for *accepted*; its outcome comes as a callback.
func code(_ code: Int) -> Json { ["result": ["code": code]] }

/// What a method itself returned, where it is a value: `createTextMessage` gives a message.
func value(_ value: Any?) -> Json { ["result": ["value": value ?? NSNull()]] }

/// The client under test: one object for each client of a scenario.
final class MyClient {
    private let tell: Tell

    init(appKey: String, user: String?, options: Json, tell: @escaping Tell) {
        self.tell = tell
        // Make an engine here: `appKey`, and `options["naviServer"]` as its navigation server. Give each engine a device id of
        // its own, and a store of its own: two clients of a scenario are two devices. Set its listeners:
        //   engine.onConnected = { code, userId in tell("onConnected", ["code": code, "userId": userId]) }
    }

    /// Calls a method with its documented arguments.
    func call(_ method: String, _ args: Json) -> Json {
        switch method {
        // case "connect":
        //     return code(engine.connect(args["token"] as? String ?? "", timeout: args["timeout"] as? Int ?? 0))
        default:
            return unsupported("\(method) is not mapped yet")
        }
    }

    /// Disconnects, and frees everything. Without `keepStore` what was stored goes, too.
    func destroy(keepStore: Bool) {}
}

/// The protocol. `send` sends one line; it may be called from any thread.
final class Adapter {
    private let send: (String) -> Void
    private let lock = NSRecursiveLock()
    private var clients: [String: MyClient] = [:]

    init(send: @escaping (String) -> Void) { self.send = send }

    /// Lines are whole, and leave one after another.
    private func say(_ message: Json) {
        lock.lock()
        defer { lock.unlock() }
        guard let data = try? JSONSerialization.data(withJSONObject: message) else { return }
        send(String(decoding: data, as: UTF8.self))
    }

    /// A message of the harness. `false`: it was the last one. Call it from one thread.
    func handle(_ line: String) -> Bool {
        guard let message = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? Json else {
            say(["log": ["level": "warn", "text": "ignored a line that is no JSON"]])
            return true
        }
        if message["hello"] != nil {
            say(hello())
            return true
        }
        // Not a request: the first frame of a WebSocket (`welcome`), say.
        guard let id = message["id"] else { return true }
        var reply = answer(message)
        reply["id"] = id
        say(reply)
        return message["bye"] == nil
    }

    private func hello() -> Json {
        ["hello": [
            "protocol": 1,
            "client": "my-client",
            "version": "0.1.0",
            "clock": "real",
            "quietMs": 150,
            "devices": 4,
            "platforms": ["iOS"],
            "capabilities": capabilities,
            "methods": methods,
            "events": events,
        ] as Json]
    }

    /// Every request has one reply.
    private func answer(_ message: Json) -> Json {
        if let args = message["create"] as? Json, let name = args["client"] as? String {
            clients[name] = MyClient(
                appKey: args["appKey"] as? String ?? "",
                user: args["user"] as? String,
                options: args["options"] as? Json ?? [:],
                tell: teller(name)
            )
            return code(0)
        }
        if let args = message["call"] as? Json, let method = args["method"] as? String {
            guard let name = args["client"] as? String, let client = clients[name] else {
                return ["error": "there is no such client"]
            }
            guard methods.contains(method) else { return unsupported("\(method) is not mapped") }
            return client.call(method, args["args"] as? Json ?? [:])
        }
        if let args = message["destroy"] as? Json, let name = args["client"] as? String {
            clients.removeValue(forKey: name)?.destroy(keepStore: args["keepStore"] as? Bool ?? false)
            return code(0)
        }
        if message["reset"] != nil {
            clients.values.forEach { $0.destroy(keepStore: false) }
            clients.removeAll()
            return ["resetDone": ["leftovers": [String]()]]
        }
        if message["bye"] != nil { return code(0) }
        return unsupported("no such message")
    }

    /// Callbacks are numbered for each client, from 1, without a gap.
    private func teller(_ client: String) -> Tell {
        var n = 0
        return { [self] name, args in
            lock.lock()
            defer { lock.unlock() }
            n += 1
            say(["event": ["n": n, "client": client, "name": name, "args": args] as Json])
        }
    }
}

/// As a program: one message a line on stdin and stdout.
func onPipes() {
    let adapter = Adapter { line in FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    while let line = readLine(), adapter.handle(line) {}
}

/// As an app on a phone: it dials in, one text frame a message. `harness run --dial` prints the address, token and all.
func dialIn(_ url: URL) async throws {
    let socket = URLSession.shared.webSocketTask(with: url)
    socket.maximumMessageSize = 1 << 20
    socket.resume()
    let adapter = Adapter { line in socket.send(.string(line)) { _ in } }
    while true {
        guard case .string(let text) = try await socket.receive() else { continue }
        if !adapter.handle(text) { break }
    }
    socket.cancel(with: .normalClosure, reason: nil)
}

onPipes()
