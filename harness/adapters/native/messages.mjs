// Messages and conversations of the native client by their documented properties.

import * as web from '../web-sdk/messages.mjs';
import { levelName } from '../web-sdk/features/levels.mjs';

const SENT = { 10: 'sending', 20: 'failed', 30: 'sent', 40: 'received', 50: 'read', 60: 'destroyed', 70: 'canceled' };
/** One number of flags; the documented status is the furthest. */
const RECEIVED = [[8, 'retrieved'], [4, 'downloaded'], [2, 'listened'], [1, 'read']];

export const sentNumber = (name) => Number(Object.keys(SENT).find((number) => SENT[number] === name));

export const receivedNumber = (name) => (name === 'unread' ? 0 : RECEIVED.find(([, other]) => other === name)?.[0]);

const receivedName = (flags) => RECEIVED.find(([flag]) => flags & flag)?.[1] ?? 'unread';

/** What is known of a group message's receipts; when somebody read is not told. */
function receipts({ isReceiptRequestMessage, hasRespond, readerList }) {
  if (isReceiptRequestMessage === undefined && hasRespond === undefined && !readerList) return undefined;
  return { readReceiptMessage: isReceiptRequestMessage === true || Boolean(readerList), hasRespond: hasRespond === true };
}

/** How a message of the app's own type is kept, which documented messages say by a name. */
function policyOf({ isStatusMessage, isPersited, isCounted }) {
  if (isStatusMessage) return 'status';
  if (!isPersited) return 'command';
  return isCounted ? 'normal' : 'storage';
}

/** The canonical message of what the native client hands over. */
export function canonical(raw) {
  const own = raw.messageDirection === 1;
  const message = web.canonical(raw, {
    ...(raw.messageId > 0 && { messageId: raw.messageId }),
    // The answer to a message that was sent leaves its sender out.
    senderUserId: raw.senderUserId || undefined,
    sentStatus: own ? SENT[raw.sentStatus] : 'received',
    ...(!own && { receivedStatus: receivedName(raw.receivedStatus ?? 0) }),
    ...(raw.readReceiptInfo && { groupReadReceiptInfo: receipts(raw.readReceiptInfo) }),
  });
  // Of a received one it is known only once the app has registered the type.
  return own && message.messageType === 'custom' ? { ...message, policy: policyOf(raw) } : message;
}

/** Pages of messages are told away from the time that was asked for. */
export function inOrder(list, order) {
  const messages = list.map(canonical).sort((one, other) => one.sentTime - other.sentTime || one.messageId - other.messageId);
  return order === 'after' ? messages : messages.reverse();
}

/** A conversation by its documented properties. */
export function described(raw) {
  if (!raw) return null;
  const { conversationType, targetId, channelId, latestMessage } = raw;
  return {
    conversationType: web.conversationName(conversationType),
    targetId,
    channelId: channelId ?? '',
    unreadCount: raw.unreadMessageCount ?? 0,
    mentionedCount: raw.unreadMentionedCount ?? 0,
    top: raw.isTop === true,
    draft: raw.draft ?? '',
    notificationLevel: levelName(raw.notificationLevel),
    lastMessage: latestMessage ? canonical(latestMessage) : null,
  };
}

/** What the native client wants of a conversation, by documented arguments. */
export const place = ({ type, conversationType, targetId, channelId }) => ({
  conversationType: web.conversationNumber(type ?? conversationType),
  targetId,
  channelId: channelId ?? '',
});

/** What is stored of a message that was never sent, by the user `me`; or a sentence why it cannot be. */
export function stored(message, me) {
  const { problem, ...out } = web.outgoing({ ...message, expansion: undefined, extra: undefined, userInfo: undefined, mentionedInfo: undefined });
  if (problem) return { problem };
  const own = message.direction !== 'receive';
  const sender = message.conversationType === 'private' ? message.targetId : message.senderUserId;
  return {
    messageType: out.objectName,
    content: out.content,
    senderUserId: own ? me : (sender ?? ''),
    messageDirection: own ? 1 : 2,
    sentTime: message.sentTime ?? Date.now(),
    sentStatus: own ? 30 : 40,
    readStatus: 0,
    isUnread: false,
    own: out.own && out,
  };
}
