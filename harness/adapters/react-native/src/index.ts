// The adapter of an app with the vendor's React Native wrapper: dials in to the harness and drives the engine for it.

import { dial, type Message, type Socket } from '../../dial/link.js';
import { Engine, listenersOf, methodsOf, type Delivery, type EngineClass } from './engine';

export type { Delivery, EngineClass } from './engine';

const PROTOCOL = 1;

/** What the engine can do; the harness asks for no more. */
const CAPABILITIES = [
  'private', 'group', 'system', 'chatroom', 'ultragroup', 'several_devices', 'offline_messages', 'history', 'local_insertion',
  'search', 'recall', 'receipts', 'expansion', 'blacklist', 'conversations', 'drafts', 'pinning', 'typing', 'do_not_disturb', 'push',
];

export interface Options {
  /** Where to dial in: `ws://HOST:PORT/adapter?token=…`, as `harness run --dial` prints it. */
  url: string;
  /** The class `RCIMIWEngine` of the vendor's package. */
  engine: EngineClass;
  /** What the app runs on; `Android` if not given. */
  platform?: 'Android' | 'iOS' | 'HarmonyOS' | 'Web';
  /** How results of calls come; `listeners` if not given. */
  delivery?: Delivery;
  /** The package's version, for reports. */
  version?: string;
  /** Fields of the hello that differ: a wrapper that has less than its class shows, or more. */
  hello?: Message;
  /** Hears what becomes of the link. */
  told?(text: string): void;
  /** The WebSocket class; the global one if not given. */
  WebSocket?: new (url: string) => Socket;
}

/** Drives the engine for the harness until the run is over; rejects when the harness does not let it in, or is gone. */
export function serve({ url, engine: engines, platform = 'Android', delivery = 'listeners', version = 'unknown', hello, told, WebSocket }: Options): Promise<void> {
  // One engine an app: one device.
  let running: { name: string; engine: Engine } | undefined;

  const end = async () => {
    const ending = running;
    running = undefined;
    await ending?.engine.destroy();
  };

  const greeting = () => ({
    hello: {
      protocol: PROTOCOL,
      client: 'react-native',
      version,
      sdk: `@rongcloud/react-native-im-wrapper ${version}`,
      clock: 'real',
      devices: 1,
      platforms: [platform],
      capabilities: CAPABILITIES,
      methods: methodsOf(engines),
      events: listenersOf(engines),
      ...hello,
    },
  });

  async function create({ client: name, appKey, options = {}, platform: wanted }: Message): Promise<Message> {
    if (wanted && wanted !== platform) return { unsupported: `this app cannot present itself as ${wanted}` };
    if (running && running.name !== name) return { unsupported: 'an app has one engine: it is one device at a time' };
    await end();
    let n = 0;
    const engine: Engine = new Engine(engines, appKey, options, delivery, (event, args) => {
      // What one that is gone still says is not heard.
      if (running?.engine !== engine) return;
      n += 1;
      link.say({ event: { n, client: name, name: event, args } });
    });
    running = { name, engine };
    return { result: { code: 0 } };
  }

  async function handle(message: Message): Promise<Message> {
    const { id } = message;
    if (message.hello) return greeting();
    if (message.create) return { id, ...(await create(message.create)) };
    if (message.call) {
      const { client: name, method, args = {} } = message.call;
      if (running?.name !== name) return { id, error: `there is no client ${name}` };
      return { id, ...(await running!.engine.call(method, args)) };
    }
    if (message.destroy) {
      if (running?.name === message.destroy.client) await end();
      return { id, result: { code: 0 } };
    }
    if (message.reset) {
      await end();
      return { id, resetDone: { leftovers: [] } };
    }
    return { id, unsupported: `unknown message with ${Object.keys(message).filter((key) => key !== 'id').join(', ')}` };
  }

  const link = dial({ url, handle, forget: end, told, WebSocket });
  return link.ended;
}
