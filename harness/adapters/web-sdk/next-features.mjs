// imlib-next beyond sending and receiving: receipts, typing, recall, history, deletion, expansion, pinning. Each method
// answers at once that it was accepted; what the SDK's promise says comes as the documented callback.

import { canonical, codeOf, conversationName, conversationNumber } from './messages.mjs';

export const METHODS = [
  'sendPrivateReadReceiptMessage', 'sendGroupReadReceiptRequest', 'sendGroupReadReceiptResponse', 'sendTypingStatus',
  'recallMessage', 'loadMessages', 'deleteMessages', 'clearMessages', 'updateMessageExpansion',
  'removeMessageExpansionForKeys', 'changeConversationTopStatus',
];

export const EVENTS = [
  'onPrivateReadReceiptMessageSent', 'onPrivateReadReceiptReceived', 'onGroupReadReceiptRequestSent',
  'onGroupMessageReadReceiptRequestReceived', 'onGroupReadReceiptResponseSent',
  'onGroupMessageReadReceiptResponseReceived', 'onTypingStatusChanged', 'onMessageRecalled', 'onRemoteMessageRecalled',
  'onMessagesLoaded', 'onMessagesDeleted', 'onMessagesCleared', 'onMessageExpansionUpdated',
  'onMessageExpansionForKeysRemoved', 'onRemoteMessageExpansionUpdated', 'onRemoteMessageExpansionForKeyRemoved',
  'onConversationTopStatusChanged', 'onConversationTopStatusSynced',
];

/** Object name of the command that recalls a message. */
const RECALL = 'RC:RcCmd';

const sdkConversation = ({ type, conversationType, targetId }) => ({
  conversationType: conversationNumber(type ?? conversationType),
  targetId,
});

/** What the SDK calls 1 and 2. */
const direction = (message) => (message.direction === 'send' ? 1 : 2);

export class Features {
  constructor(sdk, emit) {
    this.sdk = sdk;
    this.emit = emit;
    /** Messages as the SDK knows them, by UID: some of its methods want them whole. */
    this.known = new Map();
    const { Events } = sdk;
    const on = (event, act) => event && sdk.addEventListener(event, act);
    on(Events.READ_RECEIPT_RECEIVED, ({ conversation, sentTime }) =>
      emit('onPrivateReadReceiptReceived', { targetId: conversation.targetId, channelId: '', timestamp: sentTime }));
    on(Events.MESSAGE_RECEIPT_REQUEST, ({ conversation, messageUId }) =>
      emit('onGroupMessageReadReceiptRequestReceived', { targetId: conversation.targetId, messageUId }));
    on(Events.MESSAGE_RECEIPT_RESPONSE, ({ conversation, messageUIdList }) => {
      for (const messageUId of messageUIdList ?? []) {
        emit('onGroupMessageReadReceiptResponseReceived', { targetId: conversation.targetId, messageUId });
      }
    });
    on(Events.TYPING_STATUS, ({ status }) => this.typing(status ?? []));
    on(Events.EXPANSION, ({ updatedExpansion, deletedExpansion }) => {
      if (updatedExpansion) {
        const { messageUId, expansion } = updatedExpansion;
        emit('onRemoteMessageExpansionUpdated', { expansion, message: { messageUId } });
      }
      if (deletedExpansion) {
        const { messageUId, deletedKeys } = deletedExpansion;
        emit('onRemoteMessageExpansionForKeyRemoved', { keys: deletedKeys, message: { messageUId } });
      }
    });
    on(Events.CONVERSATION, ({ conversationList }) => {
      for (const { conversation, updatedItems } of conversationList ?? []) {
        if (!updatedItems?.isTop) continue;
        const { conversationType, targetId, isTop } = conversation;
        const type = conversationName(conversationType);
        emit('onConversationTopStatusSynced', { type, targetId, channelId: '', top: isTop });
      }
    });
  }

  /** Takes a message that was received or sent; true if it is a command that is no message to the app. */
  saw(raw) {
    if (raw.messageUId) this.known.set(raw.messageUId, raw);
    if (raw.messageType !== RECALL) return false;
    this.emit('onRemoteMessageRecalled', { message: recalled(raw) });
    return true;
  }

  /** One callback a conversation; an empty one where it has ended is the SDK's own. */
  typing(states) {
    const byConversation = new Map();
    for (const state of states) {
      const key = `${state.conversationType} ${state.targetId}`;
      const { conversationType, targetId, list } = byConversation.get(key) ?? { ...state, list: [] };
      for (const { userId, messageType, timestamp } of state.list ?? []) {
        list.push({ userId, contentType: messageType, sentTime: timestamp });
      }
      byConversation.set(key, { conversationType, targetId, list });
    }
    for (const { conversationType, targetId, list } of byConversation.values()) {
      const type = conversationName(conversationType);
      this.emit('onTypingStatusChanged', { type, targetId, channelId: '', userTypingStatus: list });
    }
  }

  /** Answers a call whose result is nothing but a code. */
  answer(promise, event, args, more = () => ({})) {
    promise.then(
      ({ code, data }) => this.emit(event, { code, ...args, ...(code === 0 ? more(data) : {}) }),
      (error) => this.emit(event, { code: codeOf(error), ...args }),
    );
    return { code: 0 };
  }

  sendTypingStatus({ type, targetId, currentType }) {
    this.sdk.sendTypingStatusMessage(sdkConversation({ type, targetId }), currentType).catch(() => {});
    return { code: 0 };
  }

  sendPrivateReadReceiptMessage({ targetId, channelId = '', timestamp }) {
    // The SDK wants the UID beside the time.
    const read = [...this.known.values()].find((raw) => raw.targetId === targetId && raw.sentTime === timestamp);
    if (!read) return { unsupported: 'the SDK gives receipts for messages it has received, by their UID' };
    const promise = this.sdk.sendReadReceiptMessage(targetId, read.messageUId, timestamp);
    return this.answer(promise, 'onPrivateReadReceiptMessageSent', { targetId, channelId, timestamp });
  }

  sendGroupReadReceiptRequest({ message }) {
    const promise = this.sdk.sendReadReceiptRequest(message.targetId, message.messageUId);
    return this.answer(promise, 'onGroupReadReceiptRequestSent', { message });
  }

  sendGroupReadReceiptResponse({ targetId, channelId = '', messages }) {
    const bySender = {};
    for (const { senderUserId, messageUId } of messages) (bySender[senderUserId] ??= []).push(messageUId);
    const promise = this.sdk.sendReadReceiptResponseV2(targetId, bySender);
    return this.answer(promise, 'onGroupReadReceiptResponseSent', { targetId, channelId, messages });
  }

  recallMessage({ message }) {
    const { messageUId, sentTime } = message;
    const promise = this.sdk.recallMessage(sdkConversation(message), { messageUId, sentTime });
    return this.answer(promise, 'onMessageRecalled', { message });
  }

  loadMessages({ type, targetId, channelId = '', sentTime, order, policy, count }) {
    if (policy === 'local') return { unsupported: 'the web SDK has no local store' };
    const options = { timestamp: sentTime, count, order: order === 'after' ? 1 : 0 };
    const promise = this.sdk.getHistoryMessages(sdkConversation({ type, targetId }), options);
    const args = { type, targetId, channelId, sentTime, order };
    return this.answer(promise, 'onMessagesLoaded', { ...args, messages: [] }, (data) => {
      const list = data?.list ?? [];
      list.forEach((raw) => this.known.set(raw.messageUId, raw));
      // The SDK gives the oldest first; the documentation the newest first when it looks back.
      const messages = list.map((raw) => canonical(raw));
      return { messages: order === 'after' ? messages : messages.reverse() };
    });
  }

  deleteMessages({ type, targetId, channelId = '', messages }) {
    const named = messages.map((message) => ({
      messageUId: message.messageUId, sentTime: message.sentTime, messageDirection: direction(message),
    }));
    const promise = this.sdk.deleteMessages(sdkConversation({ type, targetId }), named);
    return this.answer(promise, 'onMessagesDeleted', { type, targetId, channelId, messages });
  }

  clearMessages({ type, targetId, channelId = '', timestamp, policy }) {
    if (policy === 'local') return { unsupported: 'the web SDK has no local store' };
    const promise = this.sdk.clearHistoryMessages(sdkConversation({ type, targetId }), timestamp);
    return this.answer(promise, 'onMessagesCleared', { type, targetId, channelId, timestamp });
  }

  updateMessageExpansion({ messageUId, expansion }) {
    const message = this.known.get(messageUId);
    if (!message) return { unsupported: 'the SDK wants the message itself, which this client has not seen' };
    const promise = this.sdk.updateMessageExpansion(expansion, message);
    return this.answer(promise, 'onMessageExpansionUpdated', { messageUId, expansion });
  }

  removeMessageExpansionForKeys({ messageUId, keys }) {
    const message = this.known.get(messageUId);
    if (!message) return { unsupported: 'the SDK wants the message itself, which this client has not seen' };
    const promise = this.sdk.removeMessageExpansionForKey(keys, message);
    return this.answer(promise, 'onMessageExpansionForKeysRemoved', { messageUId, keys });
  }

  changeConversationTopStatus({ type, targetId, channelId = '', top }) {
    const promise = this.sdk.setConversationToTop(sdkConversation({ type, targetId }), top);
    return this.answer(promise, 'onConversationTopStatusChanged', { type, targetId, channelId, top });
  }
}

/** The recalled message, as the notification that takes its place. */
function recalled(raw) {
  const { messageUId, sentTime, isAdmin = false, isDelete = false } = raw.content ?? {};
  return {
    conversationType: conversationName(raw.conversationType),
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
