// Every method and every listener of the table against an engine that only writes down what it is given, in both ways of
// delivery. `node build/stand-in/every.js` tells how many it looked at, or what is wrong.

import { Engine, listenersOf, methodsOf, type Delivery } from '../engine';
import { LISTENERS, METHODS } from '../table';

type Given = [name: string, given: unknown[]];

/** What a scenario would say for a type, and what the engine is given then: written by hand, not worked out. */
const SAMPLES: Record<string, [canonical: unknown, engine: unknown]> = {
  string: ['text', 'text'],
  number: [7, 7],
  boolean: [true, true],
  ConversationType: ['ultra_group', 5],
  TimeOrder: ['after', 1],
  MessageOperationPolicy: ['local_remote', 2],
  CustomMessagePolicy: ['storage', 3],
  PushNotificationLevel: ['mention_users', 3],
  PushNotificationQuietHoursLevel: ['blocked', 2],
  SentStatus: ['sent', 2],
  ReceivedStatus: ['listened', 2],
  UltraGroupTypingStatus: ['text', 0],
  BlacklistStatus: ['in_blacklist', 1],
  ConnectionStatus: ['connected', 1],
  ChatRoomStatus: ['destroy_auto', 2],
  ChatRoomEntriesOperationType: ['remove', 1],
  LogLevel: ['none', 0],
  'Array<ConversationType>': [['private', 'group'], [1, 2]],
  'Array<MessageType>': [['text', 'reference'], [2, 9]],
  'Array<string>': [['a', 'b'], ['a', 'b']],
  'Map<string, string>': [{ a: 'b' }, new Map([['a', 'b']])],
  'Map<string, number>': [{ a: 1 }, new Map([['a', 1]])],
  Message: [
    { conversationType: 'private', messageType: 'text', text: 'hi', direction: 'send', expansion: { k: 'v' } },
    { conversationType: 1, messageType: 2, text: 'hi', direction: 0, expansion: { k: 'v' } },
  ],
};
const MESSAGE = SAMPLES.Message;
Object.assign(SAMPLES, {
  MediaMessage: MESSAGE,
  'Array<Message>': [[MESSAGE[0]], [MESSAGE[1]]],
  EngineOptions: [{ naviServer: 'http://x' }, { naviServer: 'http://x' }],
  Conversation: [
    { conversationType: 'group', notificationLevel: 'all_message', lastMessage: MESSAGE[0] },
    { conversationType: 2, notificationLevel: 0, lastMessage: MESSAGE[1] },
  ],
  BlockedMessageInfo: [{ conversationType: 'system', blockType: 'third_party' }, { conversationType: 4, blockType: 3 }],
  'Array<ChatRoomMemberAction>': [[{ userId: 'u', actionType: 'leave' }], [{ userId: 'u', actionType: 2 }]],
  'Array<TypingStatus>': [[{ userId: 'u', contentType: 'RC:TxtMsg' }], [{ userId: 'u', contentType: 'RC:TxtMsg' }]],
  'Array<UltraGroupTypingStatusInfo>': [[{ targetId: 't', userNums: 2 }], [{ targetId: 't', userNums: 2 }]],
  'Array<ConversationIdentifier>': [[{ type: 'private', targetId: 't' }], [{ type: 1, targetId: 't' }]],
});
SAMPLES['Array<Conversation>'] = [[SAMPLES.Conversation[0]], [SAMPLES.Conversation[1]]];
SAMPLES['Array<SearchConversationResult>'] = [
  [{ conversation: SAMPLES.Conversation[0], count: 1 }], [{ conversation: SAMPLES.Conversation[1], count: 1 }],
];

const wrong: string[] = [];
const plain = (value: unknown) => JSON.stringify(value, (_, inner) => (inner instanceof Map ? { map: Object.fromEntries(inner) } : inner));
function same(what: string, seen: unknown, wanted: unknown) {
  if (plain(seen) !== plain(wanted)) wrong.push(`${what}: ${plain(seen)} instead of ${plain(wanted)}`);
}

function sample(type: string): [unknown, unknown] {
  const found = SAMPLES[type.replace(/\?$/, '')];
  if (!found) wrong.push(`there is no sample of ${type}`);
  return found ?? [null, null];
}

/** An engine with every documented method and listener, which does nothing. */
function recorder(calls: Given[], listeners: Map<string, (...given: unknown[]) => void>) {
  class Recorder {
    static create(...given: unknown[]) {
      calls.push(['create', given]);
      return new Recorder();
    }
  }
  const prototype = Recorder.prototype as any;
  for (const name of Object.keys(METHODS)) {
    if (name !== 'create') prototype[name] = async (...given: unknown[]) => { calls.push([name, given]); return 0; };
  }
  for (const name of Object.keys(LISTENERS)) {
    prototype[`setOn${name.slice(2)}Listener`] = (listener: (...given: unknown[]) => void) => listeners.set(name, listener);
  }
  return Recorder;
}

async function look(delivery: Delivery) {
  const calls: Given[] = [];
  const listeners = new Map<string, (...given: unknown[]) => void>();
  const told: Array<[string, Record<string, unknown>]> = [];
  const engines = recorder(calls, listeners);
  same('methods', methodsOf(engines).length, 133);
  same('listeners', listenersOf(engines).length, 114);
  const engine = new Engine(engines, 'key', { naviServer: 'http://x' }, delivery, (name, args) => told.push([name, args]));
  same('create', calls.pop(), ['create', ['key', { naviServer: 'http://x' }]]);
  let callbacks = 0;
  for (const [name, { params, returns, perCall }] of Object.entries(METHODS)) {
    if (name === 'create') continue;
    const args = Object.fromEntries(params.map(([key, type]) => [key, sample(type)[0]]));
    const reply = await engine.call(name, args);
    if (returns === 'code') same(`the return of ${name}`, reply, { result: { code: 0 } });
    const [called, given] = calls.pop()!;
    same(`the name of ${name}`, called, name);
    same(`the arguments of ${name}`, given.slice(0, params.length), params.map(([, type]) => sample(type)[1]));
    same(`what ${name} is given more`, given.length - params.length, delivery === 'callbacks' && perCall ? 1 : 0);
    if (given.length === params.length) continue;
    for (const [handler, { event, given: keys }] of Object.entries(perCall!)) {
      if (!event) continue;
      callbacks += 1;
      const types = new Map(LISTENERS[event].params);
      const values = keys.map((key) => sample(types.get(key) ?? 'number'));
      (given.at(-1) as any)[handler](...values.map(([, value]) => value));
      const [heard, with_] = told.pop()!;
      same(`what ${handler} of ${name} tells`, heard, event);
      keys.forEach((key, at) => same(`${key} of ${handler} of ${name}`, with_[key], values[at][0]));
      if (!keys.includes('code') && types.has('code')) same(`the code of ${handler} of ${name}`, with_.code, 0);
      for (const [key] of types) {
        if (!keys.includes(key) && key in args) same(`${key}, which ${name} was asked with`, with_[key], args[key]);
      }
    }
  }
  for (const [name, { params }] of Object.entries(LISTENERS)) {
    listeners.get(name)!(...params.map(([, type]) => sample(type)[1]));
    same(`what ${name} tells`, told.pop(), [name, Object.fromEntries(params.map(([key, type]) => [key, sample(type)[0]]))]);
  }
  process.stdout.write(`${delivery}: ${Object.keys(METHODS).length} methods, ${Object.keys(LISTENERS).length} listeners, ${callbacks} handlers of callbacks\n`);
}

await look('listeners');
await look('callbacks');
for (const line of wrong) process.stderr.write(`${line}\n`);
process.exitCode = wrong.length ? 1 : 0;
