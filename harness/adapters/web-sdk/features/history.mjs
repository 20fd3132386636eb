// The server's history: loading, deleting and clearing it, and recalling messages.

import { canonical, conversationName } from '../messages.mjs';
import { Feature, NO_STORE, sdkConversation } from './feature.mjs';

/** Object name of the command that recalls a message. */
const RECALL = 'RC:RcCmd';

/** What the SDK calls 1 and 2. */
const direction = (message) => (message.direction === 'send' ? 1 : 2);

export class History extends Feature {
  static METHODS = ['recallMessage', 'loadMessages', 'deleteMessages', 'clearMessages'];

  static EVENTS = [
    'onMessageRecalled', 'onRemoteMessageRecalled', 'onMessagesLoaded', 'onMessagesDeleted', 'onMessagesCleared',
  ];

  saw(raw) {
    if (raw.messageType !== RECALL) return false;
    this.emit('onRemoteMessageRecalled', { message: recalled(raw) });
    return true;
  }

  recallMessage({ message }) {
    const { messageUId, sentTime } = message;
    const given = [sdkConversation(message), { messageUId, sentTime }];
    return this.ask('recallMessage', given, 'onMessageRecalled', { message });
  }

  loadMessages({ type, targetId, channelId = '', sentTime, order, policy, count }) {
    if (policy === 'local') return NO_STORE;
    const given = [sdkConversation({ type, targetId, channelId }), { timestamp: sentTime, count, order: order === 'after' ? 1 : 0 }];
    const args = { type, targetId, channelId, sentTime, order };
    return this.ask('getHistoryMessages', given, 'onMessagesLoaded', { ...args, messages: [] }, (data) => {
      const list = data?.list ?? [];
      list.forEach((raw) => this.known.set(raw.messageUId, raw));
      // One generation gives the oldest first, the other as asked; documented: away from the time asked for.
      const messages = list.map((raw) => canonical(raw)).sort((one, other) => one.sentTime - other.sentTime);
      return { messages: order === 'after' ? messages : messages.reverse() };
    });
  }

  deleteMessages({ type, targetId, channelId = '', messages }) {
    const named = messages.map((message) => ({
      messageUId: message.messageUId, sentTime: message.sentTime, messageDirection: direction(message),
    }));
    const given = [sdkConversation({ type, targetId, channelId }), named];
    return this.ask('deleteMessages', given, 'onMessagesDeleted', { type, targetId, channelId, messages });
  }

  clearMessages({ type, targetId, channelId = '', timestamp, policy }) {
    if (policy === 'local') return NO_STORE;
    const given = [sdkConversation({ type, targetId, channelId }), timestamp];
    return this.ask('clearHistoryMessages', given, 'onMessagesCleared', { type, targetId, channelId, timestamp });
  }
}

/** The recalled message, as the notification that takes its place. */
function recalled(raw) {
  const { messageUId, sentTime, isAdmin = false, isDelete = false } = raw.content ?? {};
  return {
    conversationType: conversationName(raw.conversationType ?? raw.type),
    targetId: raw.targetId,
    channelId: '',
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
