// Messages that were: the store's and the service's, deleting and recalling them.

import { conversationName } from '../../web-sdk/messages.mjs';
import { Feature, ULTRA_GROUP } from '../../web-sdk/features/feature.mjs';
import { canonical, inOrder, place } from '../messages.mjs';

/** Object name of the command that recalls a message. */
const RECALL = 'RC:RcCmd';
/** And of what stands in its place then. */
const NOTICE = 'RC:RcNtf';

export class History extends Feature {
  static METHODS = ['recallMessage', 'loadMessages', 'deleteMessages', 'deleteLocalMessages', 'clearMessages', 'loadMessageCount'];

  static EVENTS = [
    'onMessageRecalled', 'onRemoteMessageRecalled', 'onMessagesLoaded', 'onMessagesDeleted', 'onLocalMessagesDeleted',
    'onMessagesCleared', 'onMessageCountLoaded',
  ];

  /** The store has put a notification in the place of the message, which says what there was. */
  async saw(raw) {
    if (raw.messageType !== RECALL) return false;
    const notice = await this.sdk.stored(raw.content?.messageUId);
    this.emit('onRemoteMessageRecalled', { message: notice?.messageType === NOTICE ? replaced(notice) : recalled(raw) });
    return true;
  }

  recallMessage({ message }) {
    const { messageUId, sentTime } = message;
    return this.ask('recallMessage', [place(message), { messageUId, sentTime }], 'onMessageRecalled', { message });
  }

  loadMessages({ type, targetId, channelId = '', sentTime, order, policy, count }) {
    const args = { type, targetId, channelId, sentTime, order };
    const page = { timestamp: sentTime, count, order: order === 'after' ? 1 : 0, messageType: '' };
    const where = place(args);
    // Seen: it neither asks the service nor answers.
    if (type === ULTRA_GROUP && policy === 'local_remote') return { unsupported: 'the native client answers getContinuousMessages for no ultra group' };
    const given = policy === 'local_remote' ? ['getContinuousMessages', where, page] : ['getHistoryMessage', where, page, policy === 'local'];
    return this.ask('ask', given, 'onMessagesLoaded', { ...args, messages: [] }, (data) => {
      const list = data?.list ?? [];
      list.forEach((raw) => this.known.set(raw.messageUId, raw));
      return { messages: inOrder(list, order) };
    });
  }

  /** The service's, then what the store has of them: the client has a call for either. */
  deleteMessages({ type, targetId, channelId = '', messages }) {
    const args = { type, targetId, channelId, messages };
    const named = messages.map(({ messageUId, sentTime, direction }) => (
      { messageUId, sentTime, messageDirection: direction === 'send' ? 1 : 2 }));
    const deleted = this.sdk.ask('deleteRemoteMessage', place(args), named).then(async ({ code }) => {
      if (code !== 0) return { code };
      const stored = await Promise.all(named.map(({ messageUId }) => this.sdk.stored(messageUId)));
      const ids = stored.filter((raw) => raw).map(({ messageId }) => messageId);
      return ids.length > 0 ? this.sdk.ask('deleteLocalMessages', ids) : { code };
    });
    return this.answer(deleted, 'onMessagesDeleted', args);
  }

  deleteLocalMessages({ messages }) {
    const ids = messages.map(({ messageId }) => messageId);
    if (ids.some((id) => !id)) return { unsupported: 'the native client deletes from its store by local numbers' };
    return this.ask('ask', ['deleteLocalMessages', ids], 'onLocalMessagesDeleted', { messages });
  }

  clearMessages({ type, targetId, channelId = '', timestamp, policy }) {
    const args = { type, targetId, channelId, timestamp };
    return this.answer(clear(this.sdk, place(args), timestamp, policy), 'onMessagesCleared', args);
  }

  loadMessageCount({ type, targetId, channelId = '' }) {
    const args = { type, targetId, channelId };
    return this.ask('ask', ['getLocalMessageCount', place(args)], 'onMessageCountLoaded', args, (count) => ({ count }));
  }
}

/** Clears a conversation up to a time, 0 is all of it: first in the cloud, then in the store, as far as the policy goes. */
export async function clear(sdk, where, timestamp, policy) {
  if (policy !== 'local') {
    const done = await sdk.ask('deleteRemoteMessageByTimestamp', where, timestamp);
    if (policy === 'remote' || done.code !== 0) return done;
  }
  if (timestamp === 0) return sdk.ask('clearLocalMessages', where);
  return sdk.ask('deleteLocalMessagesByTimestamp', where, timestamp, false);
}

/** The notification, with the message that it took the place of. */
function replaced(notice) {
  const { originalObjectName: messageType, originalMessageContent: content } = notice.content;
  const told = canonical(notice);
  return messageType ? { ...told, originalMessage: canonical({ ...notice, messageType, content }) } : told;
}

/** The same of the command alone, where there is none in the store. */
function recalled(raw) {
  const { messageUId, sentTime, isAdmin = false, isDelete = false } = raw.content ?? {};
  return {
    conversationType: conversationName(raw.conversationType),
    targetId: raw.targetId,
    channelId: raw.channelId ?? '',
    messageType: 'recall',
    messageUId,
    sentTime,
    recallTime: sentTime,
    recallActionTime: raw.sentTime,
    admin: Boolean(isAdmin),
    deleted: Boolean(isDelete),
    senderUserId: raw.senderUserId,
    direction: raw.messageDirection === 1 ? 'send' : 'receive',
  };
}
