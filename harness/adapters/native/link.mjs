// Between a client and the service: passes on what the client asks the navigation server for, with the service's addresses
// replaced by our own, and names each connection to the service. Nothing else is changed.

import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer } from 'node:net';

import { labelled } from './frames.mjs';

const LOCAL = '127.0.0.1';
/** Protocols of addresses: plain TCP, the same in TLS. */
const TCP = new Set([1, 2]);

const listen = (server) => new Promise((resolve, reject) => {
  server.once('error', reject).listen(0, LOCAL, () => resolve(server.address().port));
});

export class Link {
  constructor(name) {
    this.name = name;
    this.connections = 0;
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
    this.connections = 0;
    for (const socket of this.sockets) socket.destroy();
  }

  close() {
    this.cut();
    for (const server of this.servers) server.close();
  }

  async #navigate(address, asked, answer) {
    const ours = await this.navis.get(address);
    const chunks = [];
    for await (const chunk of asked) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString().replaceAll(encodeURIComponent(ours), encodeURIComponent(address));
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
    const label = `session:label=${this.name}/${this.connections += 1}`;
    const service = connect(Number(port), host);
    this.#keep(client);
    this.#keep(service);
    this.#together(client, service);
    service.once('connect', () => {
      let begun = Buffer.alloc(0);
      const first = (chunk) => {
        begun = Buffer.concat([begun, chunk]);
        const whole = labelled(begun, label);
        if (!whole) return;
        client.off('data', first);
        service.write(whole);
        client.pipe(service);
      };
      client.on('data', first);
      client.resume();
      service.pipe(client);
    });
  }

  /** What ends one side ends the other, in the same way. */
  #together(one, other) {
    for (const [here, there] of [[one, other], [other, one]]) {
      here.on('error', () => there.resetAndDestroy());
      here.on('end', () => there.end());
      here.on('close', () => there.destroySoon());
    }
  }

  #keep(socket) {
    this.sockets.add(socket);
    socket.setNoDelay?.(true);
    socket.on('error', () => {}).once('close', () => this.sockets.delete(socket));
  }
}
