// The adapter of web SDKs in a real page, in real time: dials in with the token in the page's address, and keeps one frame a
// client, with an SDK and a storage of its own.

import { declared } from '../web-sdk/declared.mjs';
import { VERSIONS } from '../web-sdk/versions.mjs';
import { dial } from '../dial/link.js';

const PROTOCOL = 1;
const DEVICES = 12;
const CLIENT_LIMIT_MS = 20_000;
/** Silence that counts as quiet: a page pulls behind a notice, and shares its processor with others. */
const QUIET_MS = 300;

const show = (text) => { document.getElementById('state').textContent = text; };
const note = (text) => { document.getElementById('log').textContent += `${text}\n`; };

const clients = new Map(); // by name: { frame, client }
const stores = new Map(); // what a client's local storage held when it was dropped with keepStore

/** Which SDK the harness serves, and how its modules find each other. */
async function served() {
  const told = await (await fetch('/sdk.json')).json();
  if (told.kind === 'own') return { version: told.sdk, entry: `/sdk/${told.sdk}`, imports: {} };
  const { package: name } = VERSIONS[told.sdk];
  const moduleOf = async (of) => {
    const folder = `/sdk/${of.split('/')[1]}`;
    const answer = await fetch(`${folder}/package.json`);
    if (!answer.ok) throw new Error(`${name} ${told.sdk} is not installed: node harness/adapters/web-sdk/install.mjs ${told.sdk}`);
    const { module } = await answer.json();
    return `${folder}/${module.replace(/^\.\//, '')}`;
  };
  const imports = { '@rongcloud/engine': await moduleOf('@rongcloud/engine') };
  return { version: told.sdk, entry: await moduleOf(name), imports };
}

/** A frame with an SDK of its own. */
function make(sdk) {
  const frame = document.createElement('iframe');
  const ready = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`the SDK was not loaded within ${CLIENT_LIMIT_MS / 1000} s`)), CLIENT_LIMIT_MS);
    frame.adapter = { sdk, ready: resolve, failed: reject, host: location.hostname };
  });
  frame.src = '/browser/client.html';
  document.body.append(frame);
  return { frame, ready };
}

function drop(name, keepStore) {
  const held = clients.get(name);
  clients.delete(name);
  if (held && keepStore) stores.set(name, held.client.stored());
  else stores.delete(name);
  // Its connections break with it, as those of a page that is closed.
  held?.frame.remove();
}

const dropAll = () => {
  for (const name of [...clients.keys(), ...stores.keys()]) drop(name, false);
};

const answer = (id, reply) => (reply?.unsupported ? { id, unsupported: reply.unsupported } : { id, result: reply });

const sdk = await served().catch((error) => {
  show(error.message);
  throw error;
});

async function create({ client: name, platform = 'Web', store, ...args }) {
  if ((platform ?? 'Web') !== 'Web') return { unsupported: `a page cannot present itself as ${platform}` };
  if (clients.has(name)) drop(name, true);
  if (clients.size >= DEVICES) throw new Error(`at most ${DEVICES} clients at once`);
  const stored = store === 'empty' ? undefined : stores.get(name);
  const { frame, ready } = make(sdk);
  try {
    const client = await ready;
    clients.set(name, { frame, client });
    let n = 0;
    const emit = (event, told) => {
      // What one that is gone still says is not heard.
      if (clients.get(name)?.client !== client) return;
      n += 1;
      link.say({ event: { n, client: name, name: event, args: told } });
    };
    // The frame's objects are of another world: they travel as JSON.
    return client.begin(JSON.stringify({ ...args, stored }), (event, told) => emit(event, JSON.parse(told)));
  } catch (error) {
    clients.delete(name);
    frame.remove();
    throw error;
  }
}

/** What the SDK can do is known once a frame has loaded it. */
async function hello() {
  const { frame, ready } = make(sdk);
  const { kind } = await ready;
  frame.remove();
  return { hello: { protocol: PROTOCOL, client: 'browser', clock: 'real', quietMs: QUIET_MS, devices: DEVICES, ...declared(sdk.version, [], kind) } };
}

async function handle(message) {
  const { id } = message;
  if (message.hello) return hello();
  if (message.create) return answer(id, await create(message.create));
  if (message.call) {
    const { client: name, method, args = {} } = message.call;
    const held = clients.get(name);
    if (!held) return { id, error: `there is no client ${name}` };
    return answer(id, JSON.parse(await held.client.call(method, JSON.stringify(args))));
  }
  if (message.destroy) {
    drop(message.destroy.client, message.destroy.keepStore === true);
    return { id, result: { code: 0 } };
  }
  if (message.reset) {
    dropAll();
    return { id, resetDone: { leftovers: [] } };
  }
  return { id, unsupported: `unknown message with ${Object.keys(message).filter((key) => key !== 'id').join(', ')}` };
}

const token = new URLSearchParams(location.search).get('token') ?? '';
const link = dial({
  url: `ws://${location.host}/adapter?token=${encodeURIComponent(token)}`,
  handle,
  forget: dropAll,
  told: (text) => { show(`${sdk.version}: ${text}`); note(`${new Date().toISOString()} ${text}`); },
});
link.ended.then(() => show('The run is over.'), (error) => show(`Not connected: ${error.message}`));
