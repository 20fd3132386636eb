// One vendor's native client (`@rongcloud/electron`: C++ addon and its main-process script) in plain Node, in real time.
// Forked by `driver.mjs`, because the addon prints to stdout.

import { serve, tell } from './lines.mjs';
import { prepare } from './vendor.mjs';
import { raise } from './wall.mjs';

/** Object name of the command that recalls a message. */
const RECALL = 'RC:RcCmd';

const [, , appkey, navi, dbpath] = process.argv;

raise((host) => tell('refused', { host }));
const { ask, send, end } = prepare()({ appkey, navi, dbpath }, heard);

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
    const { code, data } = await send(conversation(to), { messageType: 'RC:TxtMsg', content: { content: text } });
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
}, end);
tell('ready', {});
