// What the SDKs expect of a browser, and not more.

import { createRequire } from 'node:module';

import { countingWebSocket, countingXhr } from './sockets.mjs';

const require = createRequire(import.meta.url);

/** A storage whose keys are own enumerable properties, as the old SDK wants them; `content` survives the process. */
export function storage(content = {}) {
  const store = { ...content };
  const hidden = (value) => ({ value, enumerable: false });
  return Object.defineProperties(store, {
    getItem: hidden((key) => (Object.hasOwn(store, key) ? store[key] : null)),
    setItem: hidden((key, value) => { store[key] = String(value); }),
    removeItem: hidden((key) => { delete store[key]; }),
    clear: hidden(() => { for (const key of Object.keys(store)) delete store[key]; }),
    key: hidden((index) => Object.keys(store)[index] ?? null),
    length: { get: () => Object.keys(store).length, enumerable: false },
  });
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sets up `window` and friends for one SDK generation; gives them by name, for those that are an instance's own. */
export function browserGlobals(kind, traffic, local) {
  const WS = require('ws');
  const socket = countingWebSocket(WS, traffic);
  if (kind === 'next') {
    const { JSDOM } = require('jsdom');
    const { window } = new JSDOM('<!doctype html>', { url: 'http://127.0.0.1:19999/', pretendToBeVisual: true });
    define('window', window);
    define('document', window.document);
    define('location', window.location);
    define('navigator', window.navigator);
    define('XMLHttpRequest', countingXhr(window.XMLHttpRequest, traffic));
    define('sessionStorage', storage());
    define('localStorage', local);
    for (const name of ['localStorage', 'sessionStorage', 'XMLHttpRequest']) {
      Object.defineProperty(window, name, { value: globalThis[name], configurable: true });
    }
    Object.defineProperty(window, 'WebSocket', { value: socket, configurable: true });
    const { document, location, navigator } = window;
    const { XMLHttpRequest, localStorage, sessionStorage } = globalThis;
    define('WebSocket', socket);
    return { window, document, location, navigator, XMLHttpRequest, localStorage, sessionStorage, WebSocket: socket };
  } else {
    define('window', globalThis);
    define('localStorage', local);
    define('sessionStorage', storage());
    define('navigator', { userAgent: 'Mozilla/5.0 Chrome/100.0.0.0' });
    define('location', { href: 'http://127.0.0.1:19999/', protocol: 'http:', host: '127.0.0.1:19999' });
    define('XMLHttpRequest', countingXhr(require('xmlhttprequest').XMLHttpRequest, traffic));
  }
  define('WebSocket', socket);
  return {};
}
