// A template of an adapter: complete as to the protocol, empty as to the client. Fill in `MyClient`.
// See ../README.md; check it with `harness check-adapter 'node harness/adapters/template/adapter.mjs'`.

import { createInterface } from 'node:readline';

/** Documented names of what is mapped: `harness explain METHOD` and `harness explain CALLBACK` tell arguments. */
const METHODS = ['connect', 'disconnect'];
const EVENTS = ['onConnected', 'onConnectionStatusChanged'];

/** The client under test. One object a client of the scenario; `emit` tells a callback. */
class MyClient {
  constructor({ appKey, options, seed, epoch }, emit) {
    // Make an engine here, with options.naviServer as its navigation server. If its clock can be set, set it to `epoch`.
    this.emit = emit;
    this.connections = []; // { n, sent, received, closed }: frames behind the login, counted where sockets are made
  }

  connect({ token, timeout }) {
    // Call the client, and tell its callback when it comes:
    //   this.emit('onConnected', { code: 0, userId });
    // What is returned here is the method's own return: { code } or { value }.
    return { unsupported: 'connect is not mapped yet' };
  }

  disconnect({ receivePush }) {
    return { unsupported: 'disconnect is not mapped yet' };
  }

  /** Runs the timers of the next instant that is due, at most up to `to`; gives the time reached. */
  async tick(to) {
    return to;
  }

  /** When the next timer is due, milliseconds since the case began; null: none is set. */
  next() {
    return null;
  }

  /** Whether nothing is queued or in flight, and all that the server wrote has been worked off. */
  async quiet(frames) {
    return frames.every(({ conn, written, closed }) => {
      const mine = this.connections.find(({ n }) => n === conn);
      return mine !== undefined && (closed ? mine.closed : mine.received >= written);
    });
  }

  async destroy() {} // close sockets, stop timers
}

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const clients = new Map(); // name -> MyClient
let reached = 0;

function hello() {
  return {
    hello: {
      protocol: 1,
      client: 'my-client',
      version: '0.1.0',
      clock: 'virtual',
      // What scenarios may ask for: `harness explain needs`.
      capabilities: ['virtual_time', 'private'],
      platforms: ['Web'],
      methods: METHODS,
      events: EVENTS,
    },
  };
}

/** Callbacks are numbered a client, from 1, without a gap. */
function emitter(client) {
  let n = 0;
  return (name, args) => {
    n += 1;
    say({ event: { n, client, name, args } });
  };
}

const nextOfAll = () => {
  const due = [...clients.values()].map((client) => client.next()).filter((at) => at !== null);
  return due.length ? Math.min(...due) : null;
};

/** Every request has one reply. */
const HANDLERS = {
  create(args) {
    if (clients.size === 0) reached = 0;
    clients.set(args.client, new MyClient(args, emitter(args.client)));
    return { result: { code: 0 } };
  },
  async call({ client: name, method, args }) {
    const client = clients.get(name);
    if (!client) return { error: `there is no client ${name}` };
    if (!METHODS.includes(method)) return { unsupported: `${method} is not mapped` };
    const returned = await client[method](args);
    return returned.unsupported ? returned : { result: returned };
  },
  async tick({ to }) {
    // One instant at a time: the first that is due for any client.
    const until = Math.min(to, Math.max(nextOfAll() ?? to, reached));
    for (const client of clients.values()) await client.tick(until);
    reached = until;
    return { ticked: { to: reached, next: nextOfAll() } };
  },
  async fence({ frames = [] }) {
    let quiet = true;
    const views = [];
    for (const [name, client] of clients) {
      quiet = (await client.quiet(frames.filter((frame) => frame.client === name))) && quiet;
      views.push({ client: name, conns: client.connections });
    }
    return { fenced: { clients: views, next: nextOfAll(), quiet } };
  },
  async destroy({ client }) {
    await clients.get(client)?.destroy();
    clients.delete(client);
    return { result: { code: 0 } };
  },
  async reset() {
    for (const client of [...clients.keys()]) await HANDLERS.destroy({ client });
    return { resetDone: { leftovers: [] } };
  },
};

async function answer(message) {
  if (message.hello) return hello();
  const { id } = message;
  const kind = Object.keys(HANDLERS).find((name) => message[name]);
  if (!kind) return { id, unsupported: `no such message: ${Object.keys(message).join(', ')}` };
  try {
    return { id, ...(await HANDLERS[kind](message[kind])) };
  } catch (error) {
    return { id, error: `${error?.stack ?? error}` };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {} // told below
  if (typeof message !== 'object' || message === null) say({ log: { level: 'warn', text: 'ignored a line' } });
  else if (message.bye) break;
  else say(await answer(message));
}
process.exit(0);
