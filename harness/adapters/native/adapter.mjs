// The adapter of the native client: speaks the harness's protocol on stdin and stdout, and keeps one process a client, with a
// data folder and a link to the service of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from '../web-sdk/protocol.mjs';
import { Child } from './child.mjs';
import { install, unsupported } from './install.mjs';
import { Link } from './link.mjs';
import { CAPABILITIES, EVENTS, METHODS, UNKNOWN } from './native.mjs';

const PROTOCOL = 1;
const VERSION = '5.46.1';
const PLATFORM = 'PC';
const DEVICES = 12;
/** Processes that wait for a client: the start of one takes half a second. */
const SPARE = 1;
/** How long a login may take before the call is answered without its outcome. */
const LOGIN_LIMIT_MS = 2_000;

try {
  const why = unsupported();
  if (why) throw new Error(why);
  install();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const clients = new Map(); // by name: { child, link, folder }
const stores = new Map(); // { link, folder } of clients that are gone and may come back, by name
const folders = new Set();
const spare = [];
const leaving = new Set();

const refill = () => { while (spare.length < SPARE) spare.push(new Child()); };

function take() {
  const ready = spare.findIndex((child) => !child.ended);
  const [child] = ready < 0 ? [new Child()] : spare.splice(0, ready + 1).slice(-1);
  setImmediate(refill);
  return child;
}

const hello = () => ({
  hello: {
    protocol: PROTOCOL,
    client: 'native',
    version: VERSION,
    sdk: `@rongcloud/electron ${VERSION}`,
    clock: 'real',
    devices: DEVICES,
    platforms: [PLATFORM],
    capabilities: CAPABILITIES,
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

/** The connections break at once; the process closes its store, which is waited for only if it is needed again. */
async function drop(name, keepStore) {
  const client = clients.get(name);
  clients.delete(name);
  if (!client) return keepStore || forget(name);
  const { child, link, folder } = client;
  link.cut();
  const left = child.leave();
  leaving.add(child);
  left.finally(() => leaving.delete(child));
  stores.set(name, { link, folder, left });
  return keepStore ? left : forget(name);
}

/** What a client has stored goes with it. */
function forget(name) {
  const { link, folder, left } = stores.get(name) ?? {};
  stores.delete(name);
  link?.close();
  left?.finally(() => remove(folder));
}

async function create({ client: name, appKey, platform = PLATFORM, store, options = {} }) {
  if (platform !== PLATFORM) return { unsupported: `the native client cannot present itself as ${platform}` };
  if (clients.has(name)) await drop(name, true);
  if (clients.size >= DEVICES) return { error: `at most ${DEVICES} clients at once` };
  if (store === 'empty') forget(name);
  const folder = stores.get(name)?.folder ?? mkdtempSync(join(tmpdir(), 'native-client-'));
  const link = stores.get(name)?.link ?? new Link(name);
  stores.delete(name);
  folders.add(folder);
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
  const over = method === 'connect' && client.child.next('onConnected');
  const reply = await client.child.ask('call', { method, args: { ...args, ...token } });
  // The service cannot see a login before it is there, and not what the client does with its answer.
  if (over && reply.code === 0) {
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, LOGIN_LIMIT_MS).unref())]);
  }
  return reply;
}

async function handle(message) {
  const { id } = message;
  if (message.hello) return hello();
  if (message.create) return answer(id, await create(message.create));
  if (message.call) return answer(id, await call(message.call));
  if (message.destroy) {
    await drop(message.destroy.client, message.destroy.keepStore === true);
    return { id, result: { code: 0 } };
  }
  if (message.reset) {
    for (const name of [...clients.keys(), ...stores.keys()]) await drop(name, false);
    return { id, resetDone: { leftovers: [] } };
  }
  return { id, unsupported: `unknown message with ${Object.keys(message).filter((key) => key !== 'id').join(', ')}` };
}

function leave(code) {
  for (const { child } of clients.values()) child.kill();
  for (const child of [...spare, ...leaving]) child.kill();
  for (const folder of [...folders]) remove(folder);
  process.exit(code);
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => leave(1));
refill();
await serve(handle, leave);
