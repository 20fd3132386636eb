// Between a client and the service: passes on what the client asks the navigation server for, with the service's addresses
// replaced by our own, names each connection to the service, and says nothing of the machine's hardware. Nothing else is changed.
// Frames are counted both ways.

import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';

import { FrameCount, firstFrame, labelled } from './frames.mjs';

const LOCAL = '127.0.0.1';
/** Protocols of addresses: plain TCP, the same in TLS. */
const TCP = new Set([1, 2]);

/** The client tells navi the address of the machine's network hardware: recordings are for others, too. */
const HARDWARE = /([?&]m=)[0-9a-f]{2}(?::[0-9a-f]{2}){5}/i;
const NO_HARDWARE = '02:00:00:00:00:00';

const listen = (server) => new Promise((resolve, reject) => {
  server.once('error', reject).listen(0, LOCAL, () => resolve(server.address().port));
});

/** Breaks a connection with a reset. Node never tells of the end of one that has been half closed before: that is just closed. */
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export class Link {
  /** A `paced` one hands the service's frames over one at a time, when it is told to. */
  constructor(name, paced = false) {
    this.name = name;
    this.paced = paced;
    this.connections = [];
    /** Whatever passes here makes it another number. */
    this.activity = 0;
    this.requests = 0;
    this.servers = [];
    this.sockets = new Set();
    this.navis = new Map(); // by the address of the real one: our own
    this.services = new Map();
  }

  /** Our address for a navigation server. */
  navi(address) {
    if (!/^http:\/\//.test(address)) return Promise.resolve(address);
    if (!this.navis.has(address)) {
      const server = createHttpServer((asked, answer) => this.#navigate(address, asked, answer));
      server.on('connection', (socket) => this.#keep(socket));
      this.servers.push(server);
      this.navis.set(address, listen(server).then((port) => `http://${LOCAL}:${port}`));
    }
    return this.navis.get(address);
  }

  /** A token with the navigation servers behind its `@` replaced. */
  async token(token) {
    const [secret, hosts] = token.split(/@(.*)/s);
    if (!hosts) return token;
    const ours = await Promise.all(hosts.split(';').map((host) => this.navi(host)));
    return `${secret}@${ours.join(';')}`;
  }

  /** Ends every connection, as the end of a process does. The addresses stay, because the client's store may name them. */
  cut() {
    this.connections = [];
    for (const socket of this.sockets) socket.destroy();
  }

  close() {
    this.cut();
    for (const server of this.servers) server.close();
  }

  /** What a fence wants to know of every connection that the service knows by a name. */
  counts() {
    return this.connections.filter(({ begun, blind }) => begun && !blind).map(({ n, up, down, closed }) => (
      { n, sent: up.frames, received: down.frames, closed }));
  }

  /** Whether the client has no connection. */
  isClosed() {
    return this.requests === 0 && this.connections.every(({ closed }) => closed);
  }

  /** Whether nothing is on its way through here. */
  isEmpty() {
    const flushed = [...this.sockets].every((socket) => socket.writableLength === 0);
    return flushed && !this.hasWaiting() && this.requests === 0 && this.connections.every(({ begun, half }) => begun && !half);
  }

  /** Whether frames wait to be handed over. */
  hasWaiting() {
    return this.connections.some(({ waiting }) => waiting.length > 0);
  }

  /** Hands the next frame over; false: there is none. */
  release() {
    const entry = this.connections.find(({ waiting }) => waiting.length > 0);
    if (!entry) return false;
    this.#handOver(entry, firstFrame(entry.waiting));
    return true;
  }

  #handOver(entry, size) {
    const bytes = entry.waiting.subarray(0, size);
    entry.waiting = entry.waiting.subarray(size);
    if (bytes.length === 0) return;
    this.activity += 1;
    entry.down.take(bytes);
    entry.client.write(bytes);
  }

  async #navigate(address, asked, answer) {
    this.activity += 1;
    this.requests += 1;
    answer.once('close', () => {
      this.activity += 1;
      this.requests -= 1;
    });
    const ours = await this.navis.get(address);
    const chunks = [];
    for await (const chunk of asked) chunks.push(chunk);
    const said = Buffer.concat(chunks).toString().replaceAll(encodeURIComponent(ours), encodeURIComponent(address));
    const body = said.replace(HARDWARE, `$1${NO_HARDWARE}`);
    const { host, 'transfer-encoding': chunked, 'accept-encoding': zipped, ...headers } = asked.headers;
    const options = { method: asked.method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
    const passed = request(new URL(asked.url, address), options, async (got) => {
      const parts = [];
      for await (const part of got) parts.push(part);
      const text = await this.#readdressed(Buffer.concat(parts).toString());
      const { 'transfer-encoding': _, 'content-length': __, ...rest } = got.headers;
      answer.writeHead(got.statusCode, { ...rest, 'content-length': Buffer.byteLength(text) }).end(text);
    });
    answer.on('close', () => passed.destroy());
    passed.on('error', () => answer.destroy());
    passed.on('socket', (socket) => this.#keep(socket));
    passed.end(body);
  }

  async #readdressed(text) {
    let navi;
    try {
      navi = JSON.parse(text);
    } catch {
      return text;
    }
    if (!Array.isArray(navi?.serverAddr)) return text;
    const serverAddr = await Promise.all(navi.serverAddr.map(async (entry) => (
      TCP.has(entry.protocol) ? { ...entry, addr: await this.#service(entry.addr) } : entry)));
    return JSON.stringify({ ...navi, serverAddr });
  }

  /** Our address for one of the service's. */
  #service(address) {
    if (!this.services.has(address)) {
      const server = createServer({ pauseOnConnect: true }, (socket) => this.#connected(address, socket));
      this.servers.push(server);
      this.services.set(address, listen(server).then((port) => `${LOCAL}:${port}`));
    }
    return this.services.get(address);
  }

  #connected(address, client) {
    const [, host, port] = /^(.*):(\d+)$/.exec(address);
    const entry = { n: this.connections.length + 1, up: new FrameCount(), down: new FrameCount(), begun: false, half: false, closed: false, client, waiting: Buffer.alloc(0) };
    this.connections.push(entry);
    this.activity += 1;
    const label = `session:label=${this.name}/${entry.n}`;
    const service = connect(Number(port), host);
    this.#keep(client);
    this.#keep(service);
    this.#together(client, service, entry);
    const counted = (from, frames) => from.on('data', (chunk) => {
      this.activity += 1;
      frames.take(chunk);
    });
    service.once('connect', () => {
      let begun = Buffer.alloc(0);
      const first = (chunk) => {
        this.activity += 1;
        begun = Buffer.concat([begun, chunk]);
        const { whole, rest } = labelled(begun, label) ?? {};
        if (!whole) return;
        client.off('data', first);
        entry.begun = true;
        // In TLS there is no name, and nothing to count.
        entry.blind = whole === begun;
        service.write(whole);
        if (rest.length > 0) {
          entry.up.take(rest);
          service.write(rest);
        }
        counted(client, entry.up);
        client.pipe(service);
      };
      client.on('data', first);
      client.resume();
      if (this.paced) {
        service.on('data', (chunk) => {
          this.activity += 1;
          entry.waiting = Buffer.concat([entry.waiting, chunk]);
          if (entry.blind) this.#handOver(entry, entry.waiting.length);
        });
      } else {
        counted(service, entry.down);
        service.pipe(client);
      }
    });
  }

  /** What ends one side ends the other, in the same way. */
  #together(one, other, entry) {
    let open = 2;
    for (const [here, there] of [[one, other], [other, one]]) {
      here.on('error', () => reset(there));
      here.on('end', () => {
        this.activity += 1;
        entry.half = true;
        if (here === other) this.#handOver(entry, entry.waiting.length);
        there.end();
      });
      here.on('close', () => {
        this.activity += 1;
        open -= 1;
        if (here === other) this.#handOver(entry, entry.waiting.length);
        else entry.waiting = Buffer.alloc(0);
        entry.begun = true;
        entry.half = open > 0;
        entry.closed = open === 0;
        there.destroySoon();
      });
    }
  }

  #keep(socket) {
    this.sockets.add(socket);
    socket.setNoDelay?.(true);
    socket.on('error', () => {}).once('close', () => this.sockets.delete(socket));
  }
}
