// One vendor's native client (`@rongcloud/electron`: C++ addon and its main-process script) in plain Node, in real time.
// One a process, because the addon is a singleton; forked by `driver.mjs`, because the addon prints to stdout.

import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';

import { HERE } from './install.mjs';
import { serve, tell } from './lines.mjs';
import { raise } from './wall.mjs';

const PACKAGE = '@rongcloud/electron';
/** Object name of the command that recalls a message. */
const RECALL = 'RC:RcCmd';
const SETTLE_MS = 500;
const CALL_LIMIT_MS = 40_000;

const [, , appkey, navi, dbpath] = process.argv;

// The addon's threads do not hold Node's event loop, and leaving without `destroy` crashes: a timer stays.
setInterval(() => {}, 1000);
raise((host) => tell('refused', { host }));

// What the script wants of Electron: a folder, and a channel to a renderer, which is us.
const ipcMain = new EventEmitter();
const app = Object.assign(new EventEmitter(), { getPath: () => dbpath });
const load = Module._load;
Module._load = (request, ...more) => (request === 'electron' ? { app, ipcMain } : load(request, ...more));
const require = createRequire(join(HERE, 'package.json'));
const main = require(PACKAGE);
const service = (main.default ?? main)({ appkey, dbpath, logOutputLevel: 1, disableLogReport: true });

// It listens only to a renderer of the same build, which both name by a commit.
const script = readFileSync(require.resolve(PACKAGE), 'utf8');
const commitId = /"([0-9a-f]{40})"!==\w+\.commitId/.exec(script)?.[1];
if (!commitId) throw new Error(`${PACKAGE}: its build commit is not where it was in 5.46.1`);

const waiting = new Map();
let last = 0;
const sender = {
  isDestroyed: () => false,
  once() {},
  send(channel, ...args) {
    if (channel === '__RC_CHANNEL_RESULT_FROM_MAIN__') waiting.get(args[0])?.(args[1]);
    else if (channel === '__RC_CHANNEL_NOTIFICATION_FROM_MAIN__') heard(args[0], args.slice(1));
  },
};
ipcMain.emit('__RC_INNER_COMMAND_INIT__', { sender }, {
  commitId, navigators: [navi], areaCode: 1, environment: 'default', useNaviV2: true, logServerUrl: navi,
});

/** A method of the main process; its result has `isOk`, `code` and `data`. */
function ask(method, ...args) {
  const id = `call-${last += 1}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the native client said nothing to ${method} within ${CALL_LIMIT_MS} ms`)), CALL_LIMIT_MS);
    waiting.set(id, (result) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(result);
    });
    ipcMain.emit('__RC_CHANNEL_CALL_MAIN__', { sender }, id, method, ...args);
  });
}

const short = (message) => ({
  uid: message.messageUId,
  type: message.conversationType,
  target: message.targetId,
  sender: message.senderUserId,
  own: message.messageDirection !== 2,
  kind: message.messageType,
  text: message.content?.content,
  sentTime: message.sentTime,
  offline: message.isOffLineMessage,
});

function heard(event, args) {
  if (event !== 'batchMessage') {
    tell(event, args);
    return;
  }
  for (const message of args[0]) {
    // A recall comes as a message, which names what it is about.
    if (message.messageType === RECALL) tell('recalled', { ...short(message), uid: message.content.messageUId });
    else tell('message', short(message));
  }
}

const conversation = ({ type, target, channel = '' }) => ({ conversationType: type, targetId: target, channelId: channel });

serve({
  /** `code` 0 and the user's id, or why not. */
  connect: ({ token }) => ask('connect', token, true, false, 'trace').then(({ code, data }) => ({ code, userId: data })),
  disconnect: () => ask('disconnect', false),
  send: async ({ text, ...to }) => {
    // It answers twice: first the local id, to an id of our own; then the result.
    const local = `local-${last += 1}`;
    const { code, data } = await ask('sendMessage', conversation(to), { messageType: 'RC:TxtMsg', content: { content: text } }, 'trace', local);
    return { code, message: code === 0 ? short(data) : undefined };
  },
  recall: async ({ uid, sentTime, ...of }) => {
    const { code } = await ask('recallMsg', conversation(of), { messageType: 'RC:TxtMsg', messageUId: uid, sentTime, extra: '' });
    return { code };
  },
  /** A page of what the store and the cloud hold without a gap: `order` 0 older than the time, 1 newer. */
  history: async ({ timestamp = 0, count = 20, order = 0, ...of }) => {
    const { code, data } = await ask('getContinuousMessages', conversation(of), { timestamp, count, order });
    return { code, messages: data?.list?.map(short), more: data?.hasMore, next: data?.timestamp };
  },
  /** Any other method, as the vendor's renderer calls it. */
  raw: ({ method, args = [] }) => ask(method, ...args),
}, async () => {
  service.destroy();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
});
tell('ready', {});
