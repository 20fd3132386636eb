// Messages of ultra groups: changing, expanding, recalling and clearing them, and asking for certain ones.

import { canonical, outgoing } from '../messages.mjs';
import { Feature, NO_STORE, ULTRA_GROUP, UNSEEN, inUltraGroup, sdkConversation } from './feature.mjs';

export class UltraGroupMessages extends Feature {
  static METHODS = [
    'modifyUltraGroupMessage', 'updateUltraGroupMessageExpansion', 'removeUltraGroupMessageExpansionForKeys',
    'recallUltraGroupMessage', 'clearUltraGroupMessages', 'loadBatchRemoteUltraGroupMessages',
  ];

  static EVENTS = [
    'onUltraGroupMessageModified', 'onRemoteUltraGroupMessageModified', 'onUltraGroupMessageExpansionUpdated',
    'onUltraGroupMessageExpansionForKeysRemoved', 'onRemoteUltraGroupMessageExpansionUpdated',
    'onUltraGroupMessageRecalled', 'onRemoteUltraGroupMessageRecalled', 'onUltraGroupMessagesCleared',
    'onBatchRemoteUltraGroupMessagesLoaded',
  ];

  listen(on) {
    on('ULTRA_GROUP_MESSAGE_MODIFIED', (list) => this.fresh('onRemoteUltraGroupMessageModified', list));
    on('ULTRA_GROUP_MESSAGE_EXPANSION_UPDATED', (list) => this.fresh('onRemoteUltraGroupMessageExpansionUpdated', list));
    on('ULTRA_GROUP_MESSAGE_RECALLED', (list) => {
      this.emit('onRemoteUltraGroupMessageRecalled', { messages: list.map((raw) => this.recalled(raw)) });
    });
  }

  fresh(event, list) {
    // Newer engines tell of modified messages of all kinds by one event.
    const mine = list.filter(inUltraGroup);
    mine.forEach((raw) => this.known.set(raw.messageUId, raw));
    if (mine.length > 0) this.emit(event, { messages: mine.map((raw) => canonical(raw)) });
  }

  /** The SDKs tell where the message was and who recalled it, no more; the rest is known if it was seen. */
  recalled({ targetId, channelId = '', messageUId }) {
    const seen = this.known.has(messageUId) ? lasting(canonical(this.known.get(messageUId))) : {};
    return { conversationType: ULTRA_GROUP, targetId, channelId, messageUId, ...seen, messageType: 'recall' };
  }

  modifyUltraGroupMessage({ messageUId, message }) {
    const original = this.known.get(messageUId);
    if (!original) return UNSEEN;
    const out = outgoing(message);
    if (out.problem) return { unsupported: out.problem };
    return this.ask('modifyMessage', [out.content, original], 'onUltraGroupMessageModified', { messageUId });
  }

  updateUltraGroupMessageExpansion({ messageUId, expansion }) {
    const message = this.known.get(messageUId);
    if (!message) return UNSEEN;
    const args = { messageUId, expansion };
    const event = 'onUltraGroupMessageExpansionUpdated';
    return this.ask('updateExpansionForUltraGroupMessage', [expansion, message], event, args);
  }

  removeUltraGroupMessageExpansionForKeys({ messageUId, keys }) {
    const message = this.known.get(messageUId);
    if (!message) return UNSEEN;
    const args = { messageUId, keys };
    const event = 'onUltraGroupMessageExpansionForKeysRemoved';
    return this.ask('removeExpansionForUltraGroupMessage', [keys, message], event, args);
  }

  recallUltraGroupMessage({ message, deleteRemote }) {
    const { messageUId, sentTime } = message;
    const given = [sdkConversation(message), { messageUId, sentTime, isDelete: deleteRemote }];
    return this.ask('recallMessage', given, 'onUltraGroupMessageRecalled', { message, deleteRemote });
  }

  clearUltraGroupMessages({ targetId, channelId = '', timestamp, policy }) {
    if (policy === 'local') return NO_STORE;
    const args = { targetId, channelId, timestamp, policy };
    const given = [sdkConversation({ type: ULTRA_GROUP, targetId, channelId }), timestamp];
    return this.ask('clearHistoryMessages', given, 'onUltraGroupMessagesCleared', args);
  }

  loadBatchRemoteUltraGroupMessages({ messages }) {
    const [first = {}] = messages;
    const named = messages.map(({ messageUId, sentTime }) => ({ messageUId, sendTime: sentTime }));
    const given = [sdkConversation({ ...first, type: ULTRA_GROUP }), named];
    const event = 'onBatchRemoteUltraGroupMessagesLoaded';
    const args = { matchedMessages: [], notMatchedMessages: [] };
    return this.ask('getUltraGroupMessageListByMessageUId', given, event, args, (found) => {
      const has = ({ messageUId }) => found?.[messageUId];
      messages.filter(has).forEach(({ messageUId }) => this.known.set(messageUId, found[messageUId]));
      return {
        matchedMessages: messages.filter(has).map((asked) => canonical(has(asked))),
        notMatchedMessages: messages.filter((asked) => !has(asked)),
      };
    });
  }
}

/** What lasts of a message without its content. */
const lasting = ({ senderUserId, sentTime, direction }) => ({ senderUserId, sentTime, direction });
