// A template of an adapter in Kotlin, in real time: complete as to the protocol, empty as to the client. Fill in `MyClient`.
// See README.md beside this file. JSON is `org.json`, which Android brings along.

import org.json.JSONArray
import org.json.JSONObject

/** Documented names of what is mapped: `harness explain METHOD` and `harness explain CALLBACK` tell arguments. */
val METHODS = listOf("connect", "disconnect", "sendMessage")
val EVENTS = listOf("onConnected", "onConnectionStatusChanged", "onMessageSent", "onMessageReceived")

/** What scenarios may ask for: `harness explain needs`. Name only what the client can. */
val CAPABILITIES = listOf("private", "group")

/** An object from names and values. */
fun json(vararg fields: Pair<String, Any?>) = JSONObject().apply {
    for ((name, value) in fields) put(name, value ?: JSONObject.NULL)
}

/** What the client cannot do is counted apart: never as passed, never as failed. */
fun unsupported(reason: String) = json("unsupported" to reason)

/** What a method itself returned: a code, 0 for *accepted*; its outcome comes as a callback. */
fun code(code: Int) = json("result" to json("code" to code))

/** What a method itself returned, where it is a value: `createTextMessage` gives a message. */
fun value(value: Any?) = json("result" to json("value" to value))

/** The client under test: one object for each client of a scenario. `tell` tells a callback, from any thread. */
class MyClient(
    appKey: String,
    user: String?,
    options: JSONObject,
    private val tell: (String, JSONObject) -> Unit
) {
    init {
        // Make an engine here: `appKey`, and `options.getString("naviServer")` as its navigation server. Give each engine a
        // device id of its own, and a store of its own: two clients of a scenario are two devices. Set its listeners:
        //   engine.setOnConnectedListener { code, userId -> tell("onConnected", json("code" to code, "userId" to userId)) }
    }

    /** Calls a method with its documented arguments. */
    fun call(method: String, args: JSONObject): JSONObject = when (method) {
        // "connect" -> code(engine.connect(args.getString("token"), args.getInt("timeout")))
        else -> unsupported("$method is not mapped yet")
    }

    /** Disconnects, and frees everything. Without `keepStore` what was stored goes, too. */
    fun destroy(keepStore: Boolean) {}
}

/** The protocol. `send` sends one line; it may be called from any thread. */
class Adapter(private val send: (String) -> Unit) {
    private val clients = HashMap<String, MyClient>()

    /** Lines are whole, and leave one after another. */
    private fun say(message: JSONObject) = synchronized(this) { send(message.toString()) }

    /** A message of the harness. `false`: it was the last one. Call it from one thread. */
    fun handle(line: String): Boolean {
        val message = try {
            JSONObject(line)
        } catch (error: Exception) {
            say(json("log" to json("level" to "warn", "text" to "ignored a line that is no JSON")))
            return true
        }
        if (message.has("hello")) {
            say(hello())
            return true
        }
        // Not a request: the first frame of a WebSocket (`welcome`), say.
        if (!message.has("id")) return true
        val reply = try {
            answer(message)
        } catch (error: Exception) {
            json("error" to error.toString())
        }
        say(reply.put("id", message.get("id")))
        return !message.has("bye")
    }

    private fun hello() = json(
        "hello" to json(
            "protocol" to 1,
            "client" to "my-client",
            "version" to "0.1.0",
            "clock" to "real",
            "quietMs" to 150,
            "devices" to 4,
            "platforms" to JSONArray(listOf("Android")),
            "capabilities" to JSONArray(CAPABILITIES),
            "methods" to JSONArray(METHODS),
            "events" to JSONArray(EVENTS)
        )
    )

    /** Every request has one reply. */
    private fun answer(message: JSONObject): JSONObject {
        message.optJSONObject("create")?.let { args ->
            val name = args.getString("client")
            val user = if (args.isNull("user")) null else args.getString("user")
            clients[name] = MyClient(args.getString("appKey"), user, args.getJSONObject("options"), teller(name))
            return code(0)
        }
        message.optJSONObject("call")?.let { args ->
            val client = clients[args.getString("client")] ?: return json("error" to "there is no such client")
            val method = args.getString("method")
            if (method !in METHODS) return unsupported("$method is not mapped")
            return client.call(method, args.getJSONObject("args"))
        }
        message.optJSONObject("destroy")?.let { args ->
            clients.remove(args.getString("client"))?.destroy(args.optBoolean("keepStore"))
            return code(0)
        }
        if (message.has("reset")) {
            clients.values.forEach { it.destroy(false) }
            clients.clear()
            return json("resetDone" to json("leftovers" to JSONArray()))
        }
        if (message.has("bye")) return code(0)
        return unsupported("no such message")
    }

    /** Callbacks are numbered for each client, from 1, without a gap. */
    private fun teller(client: String): (String, JSONObject) -> Unit {
        var n = 0
        return { name, args ->
            synchronized(this) {
                n += 1
                say(json("event" to json("n" to n, "client" to client, "name" to name, "args" to args)))
            }
        }
    }
}

/** As a program: one message a line on stdin and stdout. */
fun main() {
    val adapter = Adapter { line ->
        println(line)
        System.out.flush()
    }
    while (true) {
        val line = readLine() ?: break
        if (!adapter.handle(line)) break
    }
    System.exit(0)
}

// As an app on a phone: it dials in, one text frame a message. With OkHttp:
//
//   fun dial(url: String) {                           // ws://192.168.1.5:7700/…?token=…, as `harness run --dial` prints it
//       val thread = Executors.newSingleThreadExecutor()
//       OkHttpClient().newWebSocket(Request.Builder().url(url).build(), object : WebSocketListener() {
//           lateinit var adapter: Adapter
//           override fun onOpen(socket: WebSocket, response: Response) { adapter = Adapter { socket.send(it) } }
//           override fun onMessage(socket: WebSocket, text: String) {
//               thread.execute { if (!adapter.handle(text)) socket.close(1000, null) }
//           }
//       })
//   }
