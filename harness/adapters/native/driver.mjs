// Front of a native client: lines of JSON on stdin and stdout (`lines.mjs`), the client in a process of its own.
// `node driver.mjs --app KEY --navi URL --data FOLDER`

import { fork } from 'node:child_process';
import { join } from 'node:path';

import { HERE, install, unsupported } from './install.mjs';
import { listen, write } from './lines.mjs';

const END_LIMIT_MS = 5_000;

const wanted = ['--app', '--navi', '--data'];
if (!wanted.every((name) => process.argv.includes(name))) {
  process.stderr.write('usage: node driver.mjs --app KEY --navi URL --data FOLDER\n');
  process.exit(2);
}
try {
  const why = unsupported();
  if (why) throw new Error(why);
  install();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const values = wanted.map((name) => process.argv[process.argv.indexOf(name) + 1]);
// What the addon prints must not get between our lines: it goes to stderr.
const client = fork(join(HERE, 'client.mjs'), values, { stdio: ['ignore', 2, 2, 'ipc'] });
let ending = false;

client.on('message', write);
client.on('exit', (code, signal) => {
  if (!ending) write({ event: 'gone', args: { code, signal } });
  process.exit(ending ? 0 : 1);
});

listen((said) => client.connected && client.send(said), () => {
  ending = true;
  setTimeout(() => client.kill('SIGKILL'), END_LIMIT_MS).unref();
  if (client.connected) client.disconnect();
});
