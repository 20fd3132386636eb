// The adapter of the native client: speaks the harness's protocol on stdin and stdout, and keeps one process a client, with a
// data folder and a link to the service of its own. In virtual time; `--clock real` leaves its time to the machine.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from '../web-sdk/protocol.mjs';
import { Child } from './child.mjs';
import { install, unsupported } from './install.mjs';
import { Link } from './link.mjs';
import { CAPABILITIES, EVENTS, METHODS, UNKNOWN } from './native.mjs';
import { SCRATCH, buildShim } from './time.mjs';

const PROTOCOL = 1;
const VERSION = '5.46.1';
const PLATFORM = 'PC';
const DEVICES = 12;
/** Processes that wait for a client: the start of one takes half a second. */
const SPARE = 1;
/** Where virtual time begins for a process that waits for a client. */
const EPOCH = 1_767_225_600_000;
/** How long a fence may wait for the service's frames before it tells what there is. */
const FENCE_PATIENCE_MS = 5;
/** How long a login may take before the call is answered without its outcome. */
const LOGIN_LIMIT_MS = 2_000;

const flag = process.argv.indexOf('--clock');
const clock = flag < 0 ? 'virtual' : process.argv[flag + 1];
const isVirtual = clock === 'virtual';
if (!['virtual', 'real'].includes(clock)) {
  process.stderr.write('usage: node adapter.mjs [--clock virtual|real]\n');
  process.exit(2);
}
try {
  const why = unsupported();
  if (why) throw new Error(why);
  install();
  if (isVirtual) buildShim();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const clients = new Map(); // by name, in the order of creation: { child, link, folder }
const stores = new Map(); // { link, folder } of clients that are gone and may come back, by name
const folders = new Set();
const spare = [];
const leaving = new Set();

/** When the case began, milliseconds since 1970, and the time it has reached, milliseconds since then. */
const time = { epoch: EPOCH, reached: 0 };

const refill = () => { while (spare.length < SPARE) spare.push(new Child(isVirtual ? EPOCH : undefined)); };

/** A process for a client; in virtual time one whose clock can be set to the time that it is. */
function take() {
  const now = isVirtual ? time.epoch + time.reached : undefined;
  const ready = spare.findIndex((child) => !child.ended && (!isVirtual || child.page.now <= now));
  const child = ready < 0 ? new Child(now) : spare.splice(ready, 1)[0];
  for (const ended of spare.filter((other) => other.ended)) spare.splice(spare.indexOf(ended), 1);
  child.page?.move(now);
  setImmediate(refill);
  return child;
}

const hello = () => ({
  hello: {
    protocol: PROTOCOL,
    client: 'native',
    version: VERSION,
    sdk: `@rongcloud/electron ${VERSION}`,
    clock,
    devices: DEVICES,
    platforms: [PLATFORM],
    capabilities: [...(isVirtual ? ['virtual_time'] : []), ...CAPABILITIES],
    methods: [...new Set(METHODS)],
    events: [...new Set(EVENTS)],
    unknownArgs: UNKNOWN,
  },
});

const answer = (id, reply) => {
  if (reply?.error) return { id, error: reply.error };
  if (reply?.unsupported) return { id, unsupported: reply.unsupported };
  return { id, result: reply };
};

function remove(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * The connections break at once; the process closes its store, which is waited for only if it is needed again. Without a
 * clock that goes on by itself it would never be done: what is not needed again just ends.
 */
async function drop(name, keepStore) {
  const client = clients.get(name);
  clients.delete(name);
  if (!client) return keepStore || forget(name);
  const { child, link, folder } = client;
  link.cut();
  const left = isVirtual && !keepStore ? child.kill() : child.leave();
  leaving.add(child);
  left.finally(() => leaving.delete(child));
  stores.set(name, { link, folder, left });
  return keepStore ? left : forget(name);
}

/**
 * The client keeps a log of its own in a database with a key of its own, which costs a third of its start: a file where the
 * folder of it would be.
 */
function refuseLog(folder, appKey) {
  const place = join(folder, 'RongCloud', appKey);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'rclog'), '');
}

/** What a client has stored goes with it. */
function forget(name) {
  const { link, folder, left } = stores.get(name) ?? {};
  stores.delete(name);
  link?.close();
  left?.finally(() => remove(folder));
}

async function create({ client: name, appKey, platform = PLATFORM, store, epoch = EPOCH, options = {} }) {
  if (platform !== PLATFORM) return { unsupported: `the native client cannot present itself as ${platform}` };
  if (clients.has(name)) await drop(name, true);
  if (clients.size >= DEVICES) return { error: `at most ${DEVICES} clients at once` };
  if (store === 'empty') forget(name);
  time.epoch = epoch;
  const folder = stores.get(name)?.folder ?? mkdtempSync(join(isVirtual ? SCRATCH : tmpdir(), 'native-client-'));
  const link = stores.get(name)?.link ?? new Link(name, isVirtual);
  stores.delete(name);
  folders.add(folder);
  if (isVirtual) refuseLog(folder, appKey);
  const client = { child: take(), link, folder };
  clients.set(name, client);
  const navi = options.naviServer && (await link.navi(options.naviServer));
  const reply = await client.child.ask('create', { client: name, appKey, options, dbpath: folder, navi });
  if (reply.error) await drop(name, false);
  return reply;
}

async function call({ client: name, method, args = {} }) {
  const client = clients.get(name);
  if (!client) return { error: `there is no client ${name}` };
  const token = typeof args.token === 'string' ? { token: await client.link.token(args.token) } : {};
  client.child.hasBegun ||= method === 'connect';
  client.child.busyAt = client.child.page?.now;
  const over = !isVirtual && method === 'connect' && client.child.next('onConnected');
  const reply = await client.child.ask('call', { method, args: { ...args, ...token } });
  // The service cannot see a login before it is there, and not what the client does with its answer.
  if (over && reply.code === 0) {
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, LOGIN_LIMIT_MS).unref())]);
  }
  return reply;
}

/** When something of any client is due next, milliseconds since the case began; null: nothing is. */
function next() {
  const dues = [...clients.values()].map(({ child, link }) => child.due(link)).filter((due) => due !== null);
  return dues.length > 0 ? Math.min(...dues) - time.epoch : null;
}

/**
 * Goes to the next instant at which something is due, at most to `to`. One client does what is due there, and of it either the
 * addon or its script: what is left is due at the same instant, so that everybody comes in a fixed order.
 */
async function tick(to) {
  const due = next();
  const target = Math.max(time.reached, Math.min(due ?? to, to));
  time.reached = target;
  const now = time.epoch + target;
  for (const { child, link } of clients.values()) {
    child.page.move(now);
    if (child.isIdle(link) && (await child.ring())) await child.rest(link);
  }
  if (due !== null && due <= target) {
    for (const { child, link } of clients.values()) {
      const rang = await child.ring();
      const ran = !rang && child.timer !== null && child.timer <= now;
      if (ran) child.told(await child.ask('run', {}));
      if (!rang && !ran) continue;
      await child.rest(link);
      break;
    }
  }
  return { to: target, next: next() };
}

const mine = (name, frames) => frames.filter(({ client }) => !client || client === name);

/** As much has been received as was written, and closes have been seen. */
const agrees = (conns, frames) => frames.every(({ conn, written, closed }) => {
  const own = conns.find(({ n }) => n === conn);
  // One of an earlier process of this client, which is gone.
  if (!own) return closed;
  return closed ? own.closed : own.received >= written;
});

async function fence({ client: only, frames = [] }) {
  const wanted = [...clients].filter(([name]) => !only || name === only);
  const until = performance.now() + FENCE_PATIENCE_MS;
  for (;;) {
    await Promise.all(wanted.map(([, { child, link }]) => (link.isEmpty() || link.hasWaiting()) && child.rest(link)));
    const views = wanted.map(([name, { link }]) => ({ client: name, conns: link.counts() }));
    const quiet = wanted.every(([name, { child, link }], at) => child.rests(link) && agrees(views[at].conns, mine(name, frames)));
    if (quiet || performance.now() > until) return { clients: views, next: next(), quiet };
    // The other side needs the processor to get there.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function handle(message) {
  const { id } = message;
  if (message.hello) return hello();
  if (message.create) return answer(id, await create(message.create));
  if (message.call) return answer(id, await call(message.call));
  if (isVirtual && message.tick) return { id, ticked: await tick(message.tick.to) };
  if (isVirtual && message.fence) return { id, fenced: await fence(message.fence) };
  if (message.destroy) {
    await drop(message.destroy.client, message.destroy.keepStore === true);
    return { id, result: { code: 0 } };
  }
  if (message.reset) {
    for (const name of [...clients.keys(), ...stores.keys()]) await drop(name, false);
    time.reached = 0;
    return { id, resetDone: { leftovers: [] } };
  }
  return { id, unsupported: `unknown message with ${Object.keys(message).filter((key) => key !== 'id').join(', ')}` };
}

function leave(code) {
  for (const child of [...[...clients.values()].map((client) => client.child), ...spare, ...leaving]) {
    child.kill();
    child.page?.remove();
  }
  for (const folder of [...folders]) remove(folder);
  process.exit(code);
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => leave(1));
refill();
await serve(handle, leave);
