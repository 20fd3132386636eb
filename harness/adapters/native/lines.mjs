// What is said to a client and by it: `{"id": 1, "call": "connect", "args": {…}}` is answered with `{"id": 1, "result": …}` or
// `{"id": 1, "error": "…"}`; what happens by itself is `{"event": "message", "args": {…}}`. Lines of JSON on stdin and
// stdout; in a forked process, messages to its parent.

import { createInterface } from 'node:readline';

const forked = Boolean(process.send);

export const write = forked
  ? (said) => process.connected && process.send(said)
  : (said) => process.stdout.write(`${JSON.stringify(said)}\n`);

/** Hears what is said to us, and when nobody is there any more to say something. */
export function listen(hear, end) {
  if (forked) {
    process.on('message', hear).on('disconnect', end);
    if (!process.connected) end();
  } else {
    createInterface({ input: process.stdin }).on('line', (line) => hear(JSON.parse(line))).on('close', end);
    // Nobody listens any more.
    process.stdout.on('error', end);
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, end);
}

/** Tells of something that happened. */
export const tell = (event, args) => write({ event, args });

/**
 * Answers calls, several at once where they take time, until nobody is there to ask or the call `end` comes; then `close`
 * runs, and the process ends. Whoever started us need only close our stdin, or die.
 */
export function serve(methods, close) {
  let ending;
  const end = () => {
    ending ??= Promise.resolve().then(close).then(() => process.exit(0));
    return ending;
  };
  const answer = async ({ id, call, args = {} }) => {
    if (call === 'end') {
      end();
      return;
    }
    try {
      if (!Object.hasOwn(methods, call)) throw new Error(`there is no call ${call}; there are ${Object.keys(methods).join(', ')}`);
      write({ id, result: (await methods[call](args)) ?? null });
    } catch (error) {
      write({ id, error: `${call}: ${error?.message ?? error}` });
    }
  };
  listen(answer, end);
}

// What SDKs print must not get between the lines.
for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
  console[name] = process.env.DRIVER_LOG ? (...args) => process.stderr.write(`${args.map(String).join(' ')}\n`) : () => {};
}
process.on('unhandledRejection', (error) => tell('trouble', { what: `unhandled: ${error?.stack ?? error}` }));
process.on('uncaughtException', (error) => tell('trouble', { what: `uncaught: ${error?.stack ?? error}` }));
