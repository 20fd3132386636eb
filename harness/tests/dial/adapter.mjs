// An adapter that dials in, with a client that only says that it is connected: `node adapter.mjs URL HOW`. HOW is what becomes
// of its first `connect`: `plain`, `loses` (its link, before it answers), `leaves` (without a word), `long` and `binary` (a frame
// that may not be), `errs` (it says that it cannot).

import { createRequire } from 'node:module';

import { dial } from '../../adapters/dial/link.js';
import { HERE, installFolder } from '../../adapters/web-sdk/install.mjs';

const [, , url, how] = process.argv;
installFolder(HERE, 'the adapter');
const WS = createRequire(new URL('../../adapters/web-sdk/adapter.mjs', import.meta.url))('ws');

let socket;
/** The socket that is open, to do what no adapter should. */
class Watched extends WS {
  constructor(...given) {
    super(...given);
    socket = this;
  }
}

let n = 0;
let calls = 0;

async function misbehave() {
  calls += 1;
  if (calls > 1) return;
  if (how === 'loses') socket.terminate();
  if (how === 'leaves') process.exit(0);
  if (how === 'long') socket.send('x'.repeat((1 << 20) + 1));
  if (how === 'binary') socket.send(Buffer.from('{}'));
  if (how === 'errs') throw new Error('I cannot');
}

const HANDLERS = {
  create: () => { n = 0; return { result: { code: 0 } }; },
  destroy: () => ({ result: { code: 0 } }),
  reset: () => ({ resetDone: { leftovers: [] } }),
  async call({ client, method }) {
    if (method !== 'connect') return { unsupported: `${method} is not mapped` };
    await misbehave();
    n += 1;
    link.say({ event: { n, client, name: 'onConnected', args: { code: 0, userId: 'alice' } } });
    return { result: { code: 0 } };
  },
};

async function handle(message) {
  if (message.hello) {
    return {
      hello: {
        protocol: 1, client: 'made up', version: how, clock: 'real', quietMs: 20, platforms: ['Android'],
        capabilities: ['private'], methods: ['connect'], events: ['onConnected'],
      },
    };
  }
  const kind = Object.keys(HANDLERS).find((name) => message[name]);
  if (!kind) return { id: message.id, unsupported: 'no such message' };
  return { id: message.id, ...(await HANDLERS[kind](message[kind])) };
}

const link = dial({ url, handle, WebSocket: Watched });
link.ended.then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
