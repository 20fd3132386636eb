// One SDK instance at a time: the SDKs are singletons. A newer generation's process serves one case after another, each
// with an instance of its own in a browser of its own; loading the browser takes longest. Spoken to by the front over IPC.

import { join } from 'node:path';
import { createRequire } from 'node:module';

import { RealClock, VirtualClock } from './clock.mjs';
import * as create from './create.mjs';
import { browserGlobals } from './globals.mjs';
import { HERE } from './install.mjs';
import { ImlibNext } from './imlib-next.mjs';
import { ImlibV4 } from './imlib-v4.mjs';
import { Traffic } from './sockets.mjs';
import { seededRandom, storage } from './storage.mjs';
import { VERSIONS } from './versions.mjs';

const FENCE_PATIENCE_MS = 5;
const [, , version, transport, time] = process.argv;
const sdkKind = VERSIONS[version].kind;

// What the SDK prints must not get between the lines of the protocol; WEB_SDK_LOG=1 shows it on stderr.
const show = process.env.WEB_SDK_LOG ? (...args) => process.stderr.write(`${args.map(String).join(' ')}\n`) : () => {};
for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[name] = show;

// Loading these takes most of the start; it happens before the client is asked for.
const require = createRequire(import.meta.url);
const fakeTimers = require('@sinonjs/fake-timers');
require('ws');
if (sdkKind === 'next') require('jsdom');

let client; // { name, clock, traffic, api, local }
let events = 0;

const post = (message) => process.send?.(message);
const realSetImmediate = setImmediate;
const turn = () => new Promise((resolve) => realSetImmediate(resolve));
const wallClock = performance;

/** Callbacks of this instance; what a retired one still says is not heard. */
function emitter(mine) {
  return (name, args) => {
    if (client !== mine) return;
    events += 1;
    post({ event: { n: events, client: mine.name, name, args } });
  };
}

function begin({ client: name, appKey, options = {}, seed = 0, epoch = 1_767_225_600_000, stored }) {
  Math.random = seededRandom(Number(BigInt(seed) & 0xffffffffn));
  const traffic = new Traffic(name);
  const local = storage(stored);
  const browser = browserGlobals(sdkKind, traffic, local);
  const clock = time === 'real' ? new RealClock() : new VirtualClock(fakeTimers, epoch);
  client = { name, traffic, clock, local, browser };
  events = 0;
  const sdk = clock.load(join(HERE, 'sdks', version), VERSIONS[version].package, browser);
  const Api = sdkKind === 'v4' ? ImlibV4 : ImlibNext;
  client.api = new Api(sdk, { appKey, options, transport }, emitter(client));
  return { code: 0 };
}

/** Ends the instance: its clock stands still, its connections break, nobody hears it. The process is free again. */
async function retire() {
  const { clock, traffic, browser } = client;
  client = undefined;
  clock.stop();
  traffic.close();
  browser.window?.close();
  for (let turns = 0; turns < 10 || (traffic.sockets.size > 0 && turns < 1_000); turns += 1) await turn();
  return { retired: traffic.sockets.size === 0 };
}

function call({ method, args = {} }) {
  if (create.METHODS.includes(method)) return create.make(method, args);
  // `connect` has a timeout in the documented engine and none here: scenarios about it need `connect_retries`.
  if (typeof client.api[method] !== 'function') return { unsupported: `${VERSIONS[version].package} ${version}: ${method} is not mapped` };
  return client.api[method](args);
}

function view() {
  return {
    client: client.name,
    conns: client.traffic.counts(),
    http: client.traffic.http,
    event: events,
    next: client.clock.next(),
    refused: [...client.traffic.refusedHosts],
  };
}

/** Nothing is in flight: as much received as was written, closes seen, requests answered, sockets open. */
function quiet({ frames = [], heldHttp = 0, heldUpgrades = 0 }) {
  const { traffic } = client;
  const connections = frames.every(({ conn, written, closed }) => {
    const mine = traffic.connections.find(({ n }) => n === conn);
    // One of an earlier instance of this client, which is gone.
    if (!mine) return closed;
    // Without a socket there is nothing to see but that the server has had its last say.
    if (mine.polls && closed && mine.received >= written) mine.closed = true;
    return closed ? mine.closed : mine.received >= written;
  });
  const http = traffic.http.started - traffic.http.finished <= heldHttp;
  return connections && http && traffic.opening <= heldUpgrades;
}

async function fence(request) {
  const until = wallClock.now() + FENCE_PATIENCE_MS;
  let calm = 0;
  let before = '';
  while (calm < 2 && wallClock.now() < until) {
    await turn();
    const now = JSON.stringify(view());
    calm = quiet(request) && now === before ? calm + 1 : 0;
    before = now;
  }
  return { ...view(), quiet: calm >= 2 };
}

async function handle({ act, args }) {
  switch (act) {
    case 'create': return begin(args);
    case 'call': return call(args);
    case 'tick': {
      await client.clock.tick(args.to);
      return { to: client.clock.now(), next: client.clock.next() };
    }
    case 'fence': return fence(args);
    case 'store': return { stored: { ...client.local } };
    case 'retire': return retire();
    default: return { unsupported: `no such act: ${act}` };
  }
}

// One at a time, in the order they came.
let queue = Promise.resolve();
process.on('message', ({ id, ...request }) => {
  queue = queue.then(async () => {
    try {
      post({ id, reply: await handle(request) });
    } catch (error) {
      post({ id, reply: { error: `${error?.stack ?? error}` } });
    }
  });
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => post({ log: { level: 'error', text: `unhandled: ${error?.stack ?? error}` } }));
process.on('uncaughtException', (error) => post({ log: { level: 'error', text: `uncaught: ${error?.stack ?? error}` } }));
post({ ready: true });
