// Newline-delimited JSON over a pair of streams: one object a line, one reply a request.

export const LINE_LIMIT = 1 << 20;

/** Calls `onMessage` for every well-formed line, `onGarbage` for the others; resolves when the stream ends. */
async function readLines(stream, onMessage, onGarbage) {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.trim() === '') continue;
      let message;
      try {
        message = JSON.parse(line);
      } catch (error) {
        onGarbage(`not JSON: ${error.message}`);
        continue;
      }
      if (message === null || typeof message !== 'object') onGarbage('a line must hold an object');
      else onMessage(message);
    }
    if (rest.length > LINE_LIMIT) {
      onGarbage(`a line of more than ${LINE_LIMIT} characters`);
      rest = '';
    }
  }
}

export function send(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

export function log(level, text) {
  send({ log: { level, text } });
}

/**
 * Answers the harness on standard input, one message after the other, with what `handle` resolves to; `leave(0)` ends
 * the process after its `bye` or when the stream ends.
 */
export async function serve(handle, leave) {
  let queue = Promise.resolve();
  await readLines(
    process.stdin,
    (message) => {
      queue = queue.then(async () => {
        if (message.bye) {
          send({ id: message.id, result: { code: 0 } });
          leave(0);
        }
        try {
          send(await handle(message));
        } catch (error) {
          send({ id: message.id, error: `${error?.stack ?? error}` });
        }
      });
    },
    (why) => log('warn', `ignored a line: ${why}`),
  );
  await queue;
  leave(0);
}
