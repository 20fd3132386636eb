// What the SDKs expect of a browser, and not more.

import { createRequire } from 'node:module';

import { countingWebSocket, countingXhr } from './sockets.mjs';
import { storage } from './storage.mjs';

const require = createRequire(import.meta.url);

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
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
