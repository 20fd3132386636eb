// The vendor's native client (../native) in virtual time: `node try.mjs --server PATH/TO/mock-server [--seconds 120] [--cut 60]`.
// Starts the server and the client, moves the page in steps of 100 ms, cuts the connection once, and prints what happened
// at which virtual instant. A small proxy stands before the client's TCP connection and counts what goes over it.

import { execFileSync, fork, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { install, unsupported } from '../native/install.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const NATIVE = join(HERE, '..', 'native');
const EPOCH = 1_767_225_600_000;
const STEP_MS = 100;
/** A slice of the shim's, and a little. */
const QUIET_MS = 6;
const LIMIT_MS = 60_000;

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const serverPath = option('--server');
const seconds = Number(option('--seconds', 120));
const cutAt = Number(option('--cut', 60));
const log = process.argv.includes('--verbose');
if (!serverPath) {
  process.stderr.write('usage: node try.mjs --server PATH/TO/mock-server [--seconds N] [--cut N]\n');
  process.exit(2);
}
const why = unsupported();
if (why) throw new Error(why);
install();

const work = mkdtempSync(join(tmpdir(), 'clock-shim-'));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The page: the time, how wrong the wall clock is, and what the shim counts.
const path = join(work, 'page');
writeFileSync(path, Buffer.alloc(24));
const page = openSync(path, 'r+');
let now = 0;
function moveTo(ms) {
  now = ms;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(EPOCH + ms));
  writeSync(page, bytes, 0, 8, 0);
}
const wakes = () => readFileSync(path).readBigUInt64LE(16);

const seen = [];
let last = performance.now();
function note(what) {
  last = performance.now();
  seen.push(`${String(now).padStart(7)} ms  ${what}`);
  if (log) process.stderr.write(`${seen.at(-1)}\n`);
}

// Server and proxies.
const server = spawn(serverPath, ['--listen', '127.0.0.1:0', '--app', 'trykey:trysecret', '--seed', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
const ready = JSON.parse(await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve)));
const [host, port] = ready.tcp.split(':');
const sockets = new Set();
let connections = 0;

const tcp = net.createServer((near) => {
  const n = connections += 1;
  const far = net.connect(Number(port), host);
  const pair = { near, far };
  sockets.add(pair);
  note(`connection ${n} opened`);
  // 12 and 13 in the upper four bits are ping and its answer.
  near.on('data', (data) => { note(`connection ${n}: client says ${kind(data)}`); far.write(data); });
  far.on('data', (data) => { note(`connection ${n}: server says ${kind(data)}`); near.write(data); });
  for (const [socket, other] of [[near, far], [far, near]]) {
    socket.on('error', () => {});
    socket.on('close', () => { if (sockets.delete(pair)) note(`connection ${n} closed`); other.destroy(); });
  }
}).listen(0, '127.0.0.1');
await new Promise((resolve) => tcp.once('listening', resolve));
const kind = (data) => ({ 1: 'CONNECT', 2: 'CONNACK', 12: 'PINGREQ', 13: 'PINGRESP' }[data[0] >> 4] ?? `frame of kind ${data[0] >> 4}`);

// Navi names the server's address: ours is put in its place.
const navi = http.createServer((request, response) => {
  note(`navi is asked`);
  const onward = http.request(`${ready.navi}${request.url}`, { method: request.method, headers: { ...request.headers, host: ready.tcp } }, (answer) => {
    const parts = [];
    answer.on('data', (part) => parts.push(part)).on('end', () => {
      const text = Buffer.concat(parts).toString().replaceAll(ready.tcp, `127.0.0.1:${tcp.address().port}`);
      response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] ?? 'application/json' }).end(text);
    });
  });
  request.pipe(onward);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => navi.once('listening', resolve));

// The client, under the shim.
moveTo(0);
const client = fork(join(NATIVE, 'client.mjs'), ['trykey', `http://127.0.0.1:${navi.address().port}`, work], {
  // Its pings and reconnects are timers of its own JavaScript.
  execArgv: ['--import', join(HERE, 'timers.mjs')],
  stdio: ['ignore', log ? 2 : 'ignore', log ? 2 : 'ignore', 'ipc'],
  env: {
    ...process.env,
    LD_PRELOAD: execFileSync(join(HERE, 'build.sh'), { encoding: 'utf8' }).trim(),
    CLOCK_SHIM_PAGE: path,
    CLOCK_SHIM_SCRIPT: '/@rongcloud/electron/',
    CLOCK_SHIM_TARGET: `electron-linux-${process.arch}.node`,
  },
});
const answers = new Map();
let gone = false;
client.on('exit', (code, signal) => { gone = true; note(`client ends: ${code ?? signal}`); });
client.on('message', (said) => {
  if (said.event) { if (said.event !== 'refused') note(`event ${said.event} ${JSON.stringify(said.args).slice(0, 60)}`); return; }
  note(`answer ${said.id}: ${JSON.stringify(said.result ?? said.error).slice(0, 80)}`);
  answers.get(said.id)?.(said.result);
});

/** Whether every thread of a process waits: one that has been woken and has no processor yet does not. */
function sleeps(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => /.*\) S /s.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')));
  } catch {
    return false;
  }
}

/**
 * Whoever waits has looked at the page (a slice is over); nothing has been said, and no wait has ended, for as long; and all
 * threads of client and server sleep, twice in a row. However loaded the machine is, that does not come too early.
 */
async function quiet() {
  const since = performance.now();
  let before = wakes(), still = since, calm = 0;
  while (performance.now() - since < LIMIT_MS) {
    await pause(1);
    const after = wakes();
    if (after !== before) { before = after; still = performance.now(); }
    calm = performance.now() - Math.max(last, still) > QUIET_MS && sleeps(client.pid) && sleeps(server.pid) ? calm + 1 : 0;
    if (calm === 2) return;
  }
  note('the client does not come to rest');
}

async function until(done, what) {
  const since = performance.now();
  while (!done()) {
    if (gone || performance.now() - since > LIMIT_MS) throw new Error(`${what}: waited in vain\n${seen.join('\n')}`);
    await pause(2);
  }
}

let slowest = 0, failure;
try {
  await until(() => seen.some((line) => line.includes('event ready')), 'the client to be ready');
  const begun = performance.now();
  let connected;
  answers.set(1, (result) => { connected = result; });
  client.send({ id: 1, call: 'connect', args: { token: 'test:alice' } });
  await quiet();
  while (now < seconds * 1000) {
    moveTo(now + STEP_MS);
    await quiet();
    if (now === cutAt * 1000) {
      note('the connection is cut');
      for (const { near, far } of sockets) { near.destroy(); far.destroy(); }
      await quiet();
    }
    if (now % 10_000 === 0) {
      // Node's own loop runs in real time: it answers at once, if only that there is no such call.
      const asked = performance.now();
      let answered = false;
      answers.set(`time-${now}`, () => { answered = true; });
      client.send({ id: `time-${now}`, call: 'nothing' });
      await until(() => answered, 'an answer');
      slowest = Math.max(slowest, performance.now() - asked);
    }
  }
  const took = (performance.now() - begun) / 1000;
  process.stdout.write(`${seen.filter((line) => !line.includes('answer time-')).join('\n')}\n`);
  process.stderr.write(`connected: ${JSON.stringify(connected)}; ${now / 1000} virtual s in ${took.toFixed(1)} s: ${(now / 1000 / took).toFixed(1)} times real time; slowest answer of Node's ${slowest.toFixed(1)} ms\n`);
} catch (error) {
  failure = error;
  process.stderr.write(`${error.stack}\n`);
} finally {
  if (client.connected) client.disconnect();
  const since = performance.now();
  while (!gone && performance.now() - since < 5_000) {
    if (now) moveTo(now + STEP_MS);
    await pause(10);
  }
  if (!gone) client.kill('SIGKILL');
  server.kill();
  closeSync(page);
  rmSync(work, { recursive: true, force: true });
  process.exit(failure ? 1 : 0);
}
