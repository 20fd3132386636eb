// The adapter's front: speaks the harness's protocol on stdin and stdout, and keeps one process a client.
// `node adapter.mjs --sdk 4.6.4`; `--transport comet` makes an SDK poll that can, `--clock real` leaves its time to the machine.

import { fork } from 'node:child_process';
import { join } from 'node:path';

import { declared } from './declared.mjs';
import { HERE, install } from './install.mjs';
import { log, send, serve } from './protocol.mjs';
import { VERSIONS, knownVersions } from './versions.mjs';

const PROTOCOL = 1;
const DEVICES = 12;
/** Cases that one process serves before a new one takes over. */
const SERVES = 40;
const CALL_LIMIT_MS = 20_000;

const flag = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const version = flag('--sdk');
const transport = flag('--transport') ?? 'websocket';
const time = flag('--clock') ?? 'virtual';
/** What this adapter can do to a client; a page cannot. */
const OWN = [...(time === 'virtual' ? ['virtual_time'] : []), 'network'];
if (!VERSIONS[version] || !['websocket', 'comet'].includes(transport) || !['virtual', 'real'].includes(time)) {
  process.stderr.write(`usage: node adapter.mjs --sdk VERSION [--transport websocket|comet] [--clock virtual|real]; known versions: ${knownVersions()}\n`);
  process.exit(2);
}
try {
  install(version);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** A client process, with its replies matched to requests. */
class Client {
  constructor() {
    this.waiting = new Map();
    this.last = 0;
    this.served = 0;
    this.child = fork(join(HERE, 'client-process.mjs'), [version, transport, time], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.child.on('message', (message) => this.heard(message));
    this.child.on('exit', (code, signal) => this.gone(`the client process ended (${signal ?? code})`));
  }

  heard(message) {
    if (message.event) send({ event: message.event });
    else if (message.log) log(message.log.level, message.log.text);
    else if (message.id !== undefined) {
      const waiting = this.waiting.get(message.id);
      // One that was waited for too long has been answered already.
      if (!waiting) return;
      clearTimeout(waiting.timer);
      this.waiting.delete(message.id);
      waiting.resolve(message.reply);
    }
  }

  gone(why) {
    this.dead = why;
    for (const { resolve, timer } of this.waiting.values()) {
      clearTimeout(timer);
      resolve({ error: why });
    }
    this.waiting.clear();
  }

  ask(act, args) {
    if (this.dead) return Promise.resolve({ error: this.dead });
    this.last += 1;
    const id = this.last;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        resolve({ error: `no answer to ${act} within ${CALL_LIMIT_MS / 1000} s` });
      }, CALL_LIMIT_MS);
      this.waiting.set(id, { resolve, timer });
      this.child.send({ id, act, args });
    });
  }

  end() {
    this.child.removeAllListeners('exit');
    this.gone('destroyed');
    this.child.kill('SIGKILL');
  }
}

const clients = new Map(); // by name, in the order of creation: ticks go round in this order
const stores = new Map(); // what a client's local storage held when it was dropped with keepStore
const spare = [];

const refill = () => { if (spare.length < 1) spare.push(new Client()); };
const take = () => {
  const client = spare.pop() ?? new Client();
  setImmediate(refill);
  return client;
};

const hello = () => ({
  hello: { protocol: PROTOCOL, client: 'web-sdk', clock: time, devices: DEVICES, ...declared(version, OWN) },
});

const answer = (id, reply) => {
  if (reply?.error) return { id, error: reply.error };
  if (reply?.unsupported) return { id, unsupported: reply.unsupported };
  return { id, result: reply };
};

async function drop(name, keepStore) {
  const client = clients.get(name);
  if (!client) return;
  if (keepStore) {
    const { stored } = await client.ask('store', {});
    if (stored) stores.set(name, stored);
  } else stores.delete(name);
  clients.delete(name);
  await retire(client);
}

/** Frees the client's process for the next case, or ends it. */
async function retire(client) {
  client.served += 1;
  const reusable = VERSIONS[version].kind === 'next' && client.served < SERVES && spare.length < DEVICES;
  const freed = reusable && (await client.ask('retire', {}));
  if (freed?.retired) spare.push(client);
  else client.end();
}

async function all(act, args, only) {
  const views = [];
  for (const [name, client] of clients) {
    if (only && name !== only) continue;
    const wanted = act === 'fence' ? { ...args, frames: (args.frames ?? []).filter((f) => !f.client || f.client === name) } : args;
    const view = await client.ask(act, wanted);
    if (view.error) return view;
    views.push({ client: name, ...view });
  }
  return { views };
}

async function handle(message) {
  const { id } = message;
  if (message.hello) return hello();
  if (message.create) {
    const { client: name } = message.create;
    const platform = message.create.platform ?? 'Web';
    if (platform !== 'Web') return { id, unsupported: `a web SDK cannot present itself as ${platform}` };
    if (clients.size >= DEVICES) return { id, error: `at most ${DEVICES} clients at once` };
    if (clients.has(name)) await drop(name, true);
    const client = take();
    clients.set(name, client);
    const stored = message.create.store === 'empty' ? undefined : stores.get(name);
    const reply = await client.ask('create', { ...message.create, stored });
    if (reply.error) await drop(name, false);
    return answer(id, reply);
  }
  if (message.call) {
    const client = clients.get(message.call.client);
    if (!client) return { id, error: `there is no client ${message.call.client}` };
    return answer(id, await client.ask('call', message.call));
  }
  if (message.tick) {
    const ticked = await all('tick', message.tick);
    if (ticked.error) return { id, error: ticked.error };
    const next = ticked.views.map((view) => view.next).filter((at) => at !== null);
    const to = Math.min(...ticked.views.map((view) => view.to), message.tick.to);
    return { id, ticked: { to, next: next.length ? Math.min(...next) : null } };
  }
  if (message.fence) {
    const fenced = await all('fence', message.fence, message.fence.client);
    if (fenced.error) return { id, error: fenced.error };
    const next = fenced.views.map((view) => view.next).filter((at) => at !== null);
    const quiet = fenced.views.every((view) => view.quiet);
    return { id, fenced: { clients: fenced.views, next: next.length ? Math.min(...next) : null, quiet } };
  }
  if (message.destroy) {
    await drop(message.destroy.client, message.destroy.keepStore === true);
    return { id, result: { code: 0 } };
  }
  if (message.reset) {
    const leftovers = [];
    for (const name of [...clients.keys()]) {
      const open = (await clients.get(name).ask('fence', {})).conns?.filter((conn) => !conn.closed).length;
      if (open) leftovers.push({ client: name, sockets: open });
      await drop(name, false);
    }
    stores.clear();
    return { id, resetDone: { leftovers } };
  }
  return { id, unsupported: `unknown message with ${Object.keys(message).filter((key) => key !== 'id').join(', ')}` };
}

function leave(code) {
  for (const client of [...clients.values(), ...spare]) client.end();
  process.exitCode = code;
  process.exit();
}

refill();
await serve(handle, leave);
