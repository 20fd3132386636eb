// The SDK's way out: WebSocket and XMLHttpRequest with counters for the fence, and a wall around loopback.
// WEB_SDK_CAPTURE=FILE appends every frame as `up HEX` or `down HEX`: raw material for byte vectors.

import { appendFileSync } from 'node:fs';

const capture = process.env.WEB_SDK_CAPTURE
  ? (direction, data) => appendFileSync(process.env.WEB_SDK_CAPTURE, `${direction} ${Buffer.from(data).toString('hex')}\n`)
  : () => {};

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
/** Nothing listens on the discard port: a refused host fails at once. */
const NOWHERE = '127.0.0.1:9';

export function isLoopback(url) {
  try {
    return LOOPBACK.has(new URL(url).hostname);
  } catch {
    return false;
  }
}

export class Traffic {
  constructor(client) {
    this.client = client;
    this.connections = [];
    this.http = { started: 0, finished: 0 };
    this.opening = 0;
    this.refusedHosts = new Set();
    this.polled = new Map(); // connections without a socket, by session id
    this.sockets = new Set();
    this.closed = false;
  }

  /** Breaks what is open; nothing gets out from now on. */
  close() {
    this.closed = true;
    for (const socket of this.sockets) socket.terminate();
  }

  refuse(url) {
    this.refusedHosts.add(new URL(url).host);
    const away = new URL(url);
    return `${away.protocol.startsWith('ws') ? 'ws' : 'http'}://${NOWHERE}/`;
  }

  counts() {
    return this.connections.map(({ n, sent, received, closed }) => ({ n, sent, received, closed }));
  }
}

/** A WebSocket class over `ws` that numbers its connections and counts a frame only once the SDK has handled it. */
export function countingWebSocket(WS, traffic) {
  return class extends WS {
    constructor(url, protocols) {
      const entry = { n: traffic.connections.length + 1, sent: 0, received: 0, closed: false, open: false };
      const target = isLoopback(url) && !traffic.closed ? url : traffic.refuse(url);
      super(target, protocols || undefined, {
        allowSynchronousEvents: false,
        headers: { 'X-Harness-Connection': `${traffic.client}/${entry.n}` },
      });
      traffic.connections.push(entry);
      traffic.sockets.add(this);
      traffic.opening += 1;
      const settled = () => {
        if (!entry.open) {
          entry.open = true;
          traffic.opening -= 1;
        }
      };
      const later = (act) => setImmediate(act);
      super.on('open', () => later(settled));
      super.on('message', (data) => {
        capture('down', data);
        later(() => (entry.received += 1));
      });
      super.on('close', () => later(() => { settled(); entry.closed = true; traffic.sockets.delete(this); }));
      super.on('error', () => {}); // `close` follows; without a listener it would end the process
      this.entry = entry;
    }

    send(data, ...more) {
      this.entry.sent += 1;
      capture('up', data);
      super.send(data, ...more);
    }
  };
}

/**
 * Wraps an XMLHttpRequest class: counts requests, keeps foreign hosts out. The methods of the small package are
 * the instance's own, so the instance is wrapped, not the prototype.
 */
export function countingXhr(XHR, traffic) {
  return function CountingXhr() {
    const xhr = new XHR();
    if (!('withCredentials' in xhr)) xhr.withCredentials = false;
    const open = xhr.open.bind(xhr);
    const send = xhr.send.bind(xhr);
    let polled;
    xhr.open = (method, url, ...more) => {
      polled = pollingRequest(traffic, method, url);
      open(method, isLoopback(url) && !traffic.closed ? url : traffic.refuse(url), ...more);
      if (polled?.opens) xhr.setRequestHeader('X-Harness-Connection', `${traffic.client}/${polled.entry.n}`);
    };
    xhr.send = (...args) => {
      if (polled) {
        countPolled(traffic, xhr, polled);
        return send(...args);
      }
      traffic.http.started += 1;
      let done = false;
      const finish = () => {
        if (done) return;
        done = true;
        setImmediate(() => (traffic.http.finished += 1));
      };
      for (const event of ['loadend', 'error', 'abort', 'timeout']) xhr.addEventListener(event, finish);
      return send(...args);
    };
    return xhr;
  };
}

/**
 * A request of the polling transport: it opens a connection without a socket, or belongs to one. Its requests count as the
 * client's frames and their answers as the server's, behind the login.
 */
function pollingRequest(traffic, method, url) {
  const { pathname, searchParams } = new URL(url);
  const session = searchParams.get('sessionid');
  if (session) return { entry: traffic.polled.get(session) };
  if (method !== 'GET' || pathname !== '/websocket') return undefined;
  const entry = { n: traffic.connections.length + 1, sent: 0, received: 0, closed: false, polls: true };
  traffic.connections.push(entry);
  return { entry, opens: true };
}

function countPolled(traffic, xhr, { entry, opens }) {
  if (!entry) return; // a session that nobody opened: the server says so
  if (!opens) entry.sent += 1;
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    const { status, responseText } = xhr;
    // Counted once the SDK has handled it.
    setImmediate(() => {
      if (status === 200) entry.received += 1;
      else entry.closed = true;
    });
    if (!opens || status !== 200) return;
    const answer = JSON.parse(responseText);
    if (answer.sessionid) traffic.polled.set(answer.sessionid, entry);
    else entry.closed = true;
  };
  for (const event of ['loadend', 'error', 'abort', 'timeout']) xhr.addEventListener(event, finish);
}
