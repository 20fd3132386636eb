// The stand-in, dialled in: `node build/stand-in/phone.js URL [listeners|callbacks] [SDK]`.

import Module from 'node:module';

import { serve, type Delivery } from '../index';
import { standIn } from './engine';

const [, , url, delivery = 'listeners', version = '5.38.0'] = process.argv;
if (!url || !['listeners', 'callbacks'].includes(delivery)) {
  process.stderr.write('usage: node build/stand-in/phone.js URL [listeners|callbacks] [SDK]\n');
  process.exit(2);
}
// Node 20 has no WebSocket of its own: that of the web SDK's adapter.
const require = Module.createRequire(new URL('../../../web-sdk/adapter.mjs', import.meta.url));
const made = await standIn(version, delivery === 'callbacks');
try {
  await serve({
    url,
    engine: made.engine,
    platform: 'Web',
    delivery: delivery as Delivery,
    version: `stand-in, web SDK ${version} underneath`,
    hello: made.hello,
    WebSocket: require('ws'),
  });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
made.end();
