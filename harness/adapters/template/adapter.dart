// A template of an adapter in Dart, in real time: complete as to the protocol, empty as to the client. Fill in `MyClient`.
// See README.md beside this file. It needs nothing but Dart's own libraries.

import 'dart:convert';
import 'dart:io';

/// Documented names of what is mapped: `harness explain METHOD` and `harness explain CALLBACK` tell arguments.
const methods = ['connect', 'disconnect', 'sendMessage'];
const events = ['onConnected', 'onConnectionStatusChanged', 'onMessageSent', 'onMessageReceived'];

/// What scenarios may ask for: `harness explain needs`. Name only what the client can.
const capabilities = ['private', 'group'];

typedef Json = Map<String, dynamic>;

/// Tells a callback with its arguments by their documented names.
typedef Tell = void Function(String name, Json args);

/// What the client cannot do is counted apart: never as passed, never as failed.
Json unsupported(String reason) => {'unsupported': reason};

/// What a method itself returned: a code, 0 for *accepted*; its outcome comes as a callback.
Json code(int code) => {
      'result': {'code': code}
    };

/// What a method itself returned, where it is a value: `createTextMessage` gives a message.
Json value(Object? value) => {
      'result': {'value': value}
    };

/// The client under test: one object for each client of a scenario.
class MyClient {
  MyClient(this.appKey, this.user, this.options, this.tell) {
    // Make an engine here: `appKey`, and `options['naviServer']` as its navigation server. Give each engine a device id of
    // its own, and a store of its own: two clients of a scenario are two devices. Set its listeners:
    //   engine.onConnected = (code, userId) => tell('onConnected', {'code': code, 'userId': userId});
  }

  final String appKey;
  final String? user;
  final Json options;
  final Tell tell;

  /// Calls a method with its documented arguments.
  Future<Json> call(String method, Json args) async {
    switch (method) {
      // case 'connect':
      //   return code(await engine.connect(args['token'], args['timeout']));
      default:
        return unsupported('$method is not mapped yet');
    }
  }

  /// Disconnects, and frees everything. Without `keepStore` what was stored goes, too.
  Future<void> destroy({required bool keepStore}) async {}
}

/// The protocol. `send` sends one line.
class Adapter {
  Adapter(this.send);

  final void Function(String line) send;
  final clients = <String, MyClient>{};

  /// Requests wait for each other: replies come in their order.
  Future<bool> _last = Future.value(true);

  void _say(Json message) => send(jsonEncode(message));

  /// A message of the harness. Gives `false` once it was the last one.
  Future<bool> handle(String line) => _last = _last.then((_) => _handle(line));

  Future<bool> _handle(String line) async {
    final Json message;
    try {
      message = jsonDecode(line) as Json;
    } catch (_) {
      _say({
        'log': {'level': 'warn', 'text': 'ignored a line that is no JSON'}
      });
      return true;
    }
    if (message.containsKey('hello')) {
      _say(_hello());
      return true;
    }
    // Not a request: the first frame of a WebSocket (`welcome`), say.
    if (!message.containsKey('id')) return true;
    Json reply;
    try {
      reply = await _answer(message);
    } catch (error) {
      reply = {'error': '$error'};
    }
    _say({'id': message['id'], ...reply});
    return !message.containsKey('bye');
  }

  Json _hello() => {
        'hello': {
          'protocol': 1,
          'client': 'my-client',
          'version': '0.1.0',
          'clock': 'real',
          'quietMs': 150,
          'devices': 4,
          'platforms': ['Android'],
          'capabilities': capabilities,
          'methods': methods,
          'events': events,
        }
      };

  /// Every request has one reply.
  Future<Json> _answer(Json message) async {
    if (message['create'] case Json args) {
      final name = args['client'] as String;
      clients[name] = MyClient(args['appKey'], args['user'], args['options'], _teller(name));
      return code(0);
    }
    if (message['call'] case Json args) {
      final client = clients[args['client']];
      if (client == null) return {'error': 'there is no such client'};
      final method = args['method'] as String;
      if (!methods.contains(method)) return unsupported('$method is not mapped');
      return client.call(method, args['args']);
    }
    if (message['destroy'] case Json args) {
      await clients.remove(args['client'])?.destroy(keepStore: args['keepStore'] == true);
      return code(0);
    }
    if (message.containsKey('reset')) {
      for (final client in clients.values) {
        await client.destroy(keepStore: false);
      }
      clients.clear();
      return {
        'resetDone': {'leftovers': <String>[]}
      };
    }
    if (message.containsKey('bye')) return code(0);
    return unsupported('no such message');
  }

  /// Callbacks are numbered for each client, from 1, without a gap.
  Tell _teller(String client) {
    var n = 0;
    return (name, args) {
      n += 1;
      _say({
        'event': {'n': n, 'client': client, 'name': name, 'args': args}
      });
    };
  }
}

/// As a program: one message a line on stdin and stdout.
Future<void> onPipes() async {
  final adapter = Adapter(stdout.writeln);
  final lines = stdin.transform(utf8.decoder).transform(const LineSplitter());
  await for (final line in lines) {
    if (!await adapter.handle(line)) break;
  }
  await stdout.flush();
}

/// As an app on a phone: it dials in, one text frame a message. `harness run --dial` prints the address, token and all.
Future<void> dialIn(String url) async {
  final socket = await WebSocket.connect(url);
  final adapter = Adapter(socket.add);
  await for (final text in socket) {
    if (text is String && !await adapter.handle(text)) break;
  }
  await socket.close();
}

Future<void> main(List<String> args) async {
  await (args.isEmpty ? onPipes() : dialIn(args.first));
  exit(0);
}
