// An adapter's end of a link that it opened: dials in, answers what is asked, and comes back when the link is lost. Plain
// JavaScript without any dependency, for pages, for React Native and for Node alike.

/** A line may not be longer, in UTF-8 bytes. */
const LINE_LIMIT = 1 << 20;
/** What was said is kept to be said again, as far back as this. */
const MOST_LINES = 4096;
const MOST_CHARACTERS = 8 << 20;
/** How long a conversation can go on after a loss, unless the welcome says otherwise; after that it begins anew. */
const GRACE_MS = 10_000;
/** How long the harness is looked for when it is gone. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** How the harness closes a link. */
const OVER = 1000;
const REFUSED = 4003;
const REPLACED = 4009;
const ANEW = 4010;

/** Bytes of a text in UTF-8, without encoding it: not every engine has an encoder. */
function bytesOf(text) {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Two bytes, three, or four for both halves of a pair together.
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) bytes += 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}

/** The address with another query. */
const resumed = (url, query) => `${url.split('?')[0]}?${query}`;

/**
 * Dials in at `url` (`ws://HOST:PORT/adapter?token=…`). `handle(message)` gives the reply to a request, or a promise of it;
 * requests are handled one after the other. `forget()` is called before each conversation that begins: there may have been
 * another. `told(text)` hears what becomes of the link. Gives `say(message)` for events and logs, and `ended`: a promise that
 * resolves when the run is over, and rejects when the harness does not let the adapter in or is gone.
 */
export function dial({ url, handle, forget = () => {}, told = () => {}, WebSocket = globalThis.WebSocket }) {
  let socket;
  let resume; // what to come back with
  let grace = GRACE_MS;
  let received = 0; // lines that came
  let said = 0; // lines that were said
  let kept = []; // the last of them
  let characters = 0;
  let conversation = 0;
  let lostAt;
  let pause = FIRST_PAUSE_MS;
  let queue = Promise.resolve();
  let settle;
  const ended = new Promise((resolve, reject) => { settle = { resolve, reject }; });

  function say(message) {
    let text = JSON.stringify(message);
    if (bytesOf(text) > LINE_LIMIT) {
      const why = `a line of more than ${LINE_LIMIT} bytes`;
      text = JSON.stringify(message.id === undefined ? { log: { level: 'error', text: `left out ${why}` } } : { id: message.id, error: `the reply would be ${why}` });
    }
    said += 1;
    kept.push(text);
    characters += text.length;
    while (kept.length > MOST_LINES || characters > MOST_CHARACTERS) characters -= kept.shift().length;
    if (socket?.readyState === 1 && socket.welcomed) socket.send(text);
  }

  /** Begins anew: nothing of an earlier conversation is left. */
  async function begin() {
    [received, said, kept, characters] = [0, 0, [], 0];
    conversation += 1;
    const mine = conversation;
    queue = queue.then(() => mine === conversation && forget()).catch((error) => told(`${error?.stack ?? error}`));
  }

  function welcome(mine, { fresh, resume: token, received: heard, graceMs }) {
    if (token) resume = token;
    grace = graceMs ?? grace;
    lostAt = undefined;
    pause = FIRST_PAUSE_MS;
    if (fresh) begin();
    else for (const text of kept.slice(kept.length - (said - heard))) mine.send(text);
    mine.welcomed = true;
    told(fresh ? 'connected' : 'connected again');
  }

  function hear(text) {
    received += 1;
    const mine = conversation;
    // What belongs to a conversation that is over is not answered.
    const reply = (message) => { if (mine === conversation) say(message); };
    queue = queue.then(async () => {
      if (mine !== conversation) return;
      let message;
      try {
        message = JSON.parse(text);
      } catch {} // told below
      if (message === null || typeof message !== 'object') {
        reply({ log: { level: 'warn', text: 'ignored a frame that holds no JSON object' } });
        return;
      }
      if (message.bye) {
        reply({ id: message.id, result: { code: 0 } });
        leave();
        return;
      }
      try {
        reply(await handle(message));
      } catch (error) {
        reply({ id: message.id, error: `${error?.stack ?? error}` });
      }
    });
  }

  function leave() {
    const mine = socket;
    socket = undefined;
    conversation += 1;
    mine?.close(OVER);
    queue = queue.then(forget).then(() => settle.resolve(), () => settle.resolve());
  }

  function open(address) {
    const mine = new WebSocket(address);
    socket = mine;
    mine.onmessage = ({ data }) => {
      if (socket !== mine) return;
      if (mine.welcomed) hear(String(data));
      else welcome(mine, JSON.parse(data).welcome);
    };
    // `close` follows.
    mine.onerror = () => {};
    mine.onclose = ({ code, reason }) => {
      if (socket !== mine) return;
      socket = undefined;
      if (code === OVER) {
        leave();
      } else if (code === REFUSED || code === REPLACED) {
        conversation += 1;
        settle.reject(new Error(reason || 'the harness does not let this adapter in'));
      } else {
        lostAt ??= Date.now();
        told(code === ANEW ? 'begins anew' : 'the link is lost');
        again(code === ANEW);
      }
    };
  }

  function again(anew) {
    const lost = Date.now() - lostAt;
    if (!resume && lost >= grace) {
      settle.reject(new Error(`there is no harness at ${url.split('?')[0]}`));
      return;
    }
    if (lost >= PATIENCE_MS) {
      settle.reject(new Error(`the harness has been gone for ${PATIENCE_MS / 1000} s`));
      return;
    }
    const goesOn = !anew && lost < grace;
    const address = resume ? resumed(url, `resume=${resume}${goesOn ? `&received=${received}` : ''}`) : url;
    setTimeout(() => open(address), anew ? 0 : pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  open(url);
  return { say, ended };
}
