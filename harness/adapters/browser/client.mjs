// One client in a frame of its own: one SDK, its storage, its mapping to the documented engine.

import * as create from '../web-sdk/create.mjs';
import { ImlibNext } from '../web-sdk/imlib-next.mjs';
import { ImlibV4 } from '../web-sdk/imlib-v4.mjs';
import { seededRandom, storage } from '../web-sdk/storage.mjs';

const MODULO = 2 ** 32;

/** Loads the SDK and tells the page outside that this frame is ready. */
export async function load(sdk, outside) {
  const local = storage();
  // Pages share theirs: two clients would be one device.
  for (const [name, value] of [['localStorage', local], ['sessionStorage', storage()]]) {
    Object.defineProperty(window, name, { value, configurable: true });
  }
  const loaded = await import(sdk.entry);
  const api = [loaded, loaded.default, globalThis.RongIMLib].find((found) => typeof found?.init === 'function');
  if (!api) throw new Error(`${sdk.entry} has no init: it is no web SDK`);
  const kind = typeof api.addEventListener === 'function' ? 'next' : 'v4';
  let engine;
  outside.ready({
    kind,
    begin(given, emit) {
      const { appKey, options = {}, seed = 0, stored = {} } = JSON.parse(given);
      Object.assign(local, stored);
      Math.random = seededRandom(seed % MODULO);
      const Engine = kind === 'v4' ? ImlibV4 : ImlibNext;
      engine = new Engine(api, { appKey, options, transport: 'websocket' }, (event, args) => emit(event, JSON.stringify(args)));
      return { code: 0 };
    },
    /** The reply to a call, as JSON. */
    async call(method, given) {
      const args = JSON.parse(given);
      if (create.METHODS.includes(method)) return JSON.stringify(create.make(method, args));
      if (typeof engine[method] !== 'function') return JSON.stringify({ unsupported: `${method} is not mapped` });
      return JSON.stringify(await engine[method](args));
    },
    stored: () => ({ ...local }),
  });
}
