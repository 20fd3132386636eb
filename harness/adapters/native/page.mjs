// An unmodified web SDK in real time, with the calls and events of `driver.mjs`: for tests in which clients of several
// kinds talk over real sockets. `node page.mjs --sdk 5.38.0 --app KEY --navi URL`; `--transport comet` makes an SDK poll that can.

import { createRequire } from 'node:module';
import { join } from 'node:path';

import { make } from '../web-sdk/create.mjs';
import { browserGlobals } from '../web-sdk/globals.mjs';
import { storage } from '../web-sdk/storage.mjs';
import { ImlibNext } from '../web-sdk/imlib-next.mjs';
import { ImlibV4 } from '../web-sdk/imlib-v4.mjs';
import { HERE as WEB, install } from '../web-sdk/install.mjs';
import { conversationName, conversationNumber } from '../web-sdk/messages.mjs';
import { Traffic } from '../web-sdk/sockets.mjs';
import { VERSIONS } from '../web-sdk/versions.mjs';
import { serve, tell } from './lines.mjs';

const CALL_LIMIT_MS = 20_000;

const flag = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const [version, appKey, naviServer] = ['--sdk', '--app', '--navi'].map(flag);
if (!version || !appKey || !naviServer) {
  process.stderr.write('usage: node page.mjs --sdk VERSION --app APP-KEY --navi URL\n');
  process.exit(2);
}
try {
  install(version);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const { kind, package: name } = VERSIONS[version];
const traffic = new Traffic('page');
browserGlobals(kind, traffic, storage());
const sdk = createRequire(join(WEB, 'sdks', version, 'package.json'))(name);

const expected = new Map();

/** The next callback of that name. */
function next(event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${CALL_LIMIT_MS} ms`)), CALL_LIMIT_MS);
    expected.set(event, (args) => {
      clearTimeout(timer);
      expected.delete(event);
      resolve(args);
    });
  });
}

const short = (message) => ({
  uid: message.messageUId,
  type: conversationNumber(message.conversationType),
  target: message.targetId,
  sender: message.senderUserId,
  own: message.direction === 'send',
  kind: message.objectName,
  text: message.text,
  sentTime: message.sentTime,
});

function heard(event, args) {
  if (expected.has(event)) expected.get(event)(args);
  else if (event === 'onMessageReceived') tell('message', { ...short(args.message), offline: args.offline });
  else if (event === 'onRemoteMessageRecalled') tell('recalled', short(args.message));
  else tell(event, args);
}

const Api = kind === 'v4' ? ImlibV4 : ImlibNext;
const api = new Api(sdk, { appKey, options: { naviServer }, transport: flag('--transport') }, heard);

/** Calls a method of the documented engine; its result is what the callback tells. */
async function ask(method, args, event) {
  const answer = next(event);
  await api[method](args);
  return answer;
}

serve({
  connect: ({ token }) => ask('connect', { token }, 'onConnected'),
  send: async ({ type, target, text }) => {
    const { value } = make('createTextMessage', { type: conversationName(type), targetId: target, text });
    const { code, message } = await ask('sendMessage', { message: value }, 'onMessageSent');
    return { code, message: code === 0 ? short(message) : undefined };
  },
  recall: ({ type, target, uid, sentTime }) => {
    const message = { conversationType: conversationName(type), targetId: target, channelId: '', messageUId: uid, sentTime };
    return ask('recallMessage', { message }, 'onMessageRecalled').then(({ code }) => ({ code }));
  },
}, () => traffic.close());
tell('ready', {});
