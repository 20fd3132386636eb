// An adapter that breaks in the way its argument names, once its client is told to connect.
import { createInterface } from 'node:readline';

const how = process.argv[2];
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
let back = false;
const told = (n, client) => say({ event: { n, client, name: 'onConnected', args: { code: 0, userId: 'alice' } } });
const breaks = {
  crash: () => {
    process.stderr.write('a word aside\n');
    process.exit(7);
  },
  garbage: () => process.stdout.write('Segmentation fault (not really)\n'),
  'long-line': () => process.stdout.write(`${'x'.repeat(1 << 21)}\n`),
  talk: (id) => {
    say({ log: { level: 'warn', text: 'something is odd' } });
    say({ id, result: { code: 0 } });
  },
  error: (id) => say({ id, error: 'the SDK threw: no such thing' }),
  'wrong-id': (id) => say({ id: id + 1, result: { code: 0 } }),
  'twice': (id) => {
    say({ id, result: { code: 0 } });
    say({ id, result: { code: 0 } });
  },
  gap: (id) => {
    told(2, 'page');
    say({ id, result: { code: 0 } });
  },
  stranger: (id) => {
    told(1, 'somebody');
    say({ id, result: { code: 0 } });
  },
  'clock-back': (id) => {
    back = true;
    say({ id, result: { code: 0 } });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const { id } = message;
  if (message.hello) {
    const protocol = how === 'protocol' ? 9 : 1;
    say({ hello: { protocol, client: 'broken', version: '0',
      clock: how === 'strange-clock' ? 'lunar' : 'virtual', capabilities: ['virtual_time'],
      methods: how === 'crash' ? ['connect', 'disconect'] : ['connect'], events: ['onConnected'] } });
  } else if (message.call) breaks[how](id);
  else if (message.fence) say({ id, fenced: { clients: [], next: back ? 0 : null, quiet: true } });
  else if (message.tick) say({ id, ticked: { to: back ? -1 : message.tick.to, next: null } });
  else if (message.reset) say({ id, resetDone: {} });
  else say({ id, result: { code: 0 } });
}
