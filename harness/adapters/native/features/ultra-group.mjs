// Ultra groups: channels, what is unread there, what was read on another device, and their messages.

import { Feature, ULTRA_GROUP } from '../../web-sdk/features/feature.mjs';
import * as web from '../../web-sdk/features/ultra-group-messages.mjs';
import { described, place } from '../messages.mjs';
import { clear } from './history.mjs';

const NUMBER = 10;
/** All levels of do-not-disturb: unread messages count whatever the level is. */
const LEVELS = [-1, 0, 1, 2, 4, 5];

const where = ({ targetId, channelId }) => place({ type: ULTRA_GROUP, targetId, channelId });

export class UltraGroup extends Feature {
  static METHODS = [
    'loadConversationsForAllChannel', 'syncUltraGroupReadStatus', 'loadUltraGroupAllUnreadCount',
    'loadUltraGroupAllUnreadMentionedCount', 'loadUltraGroupUnreadCount', 'loadUltraGroupUnreadMentionedCount',
  ];

  static EVENTS = [
    'onConversationsLoadedForAllChannel', 'onUltraGroupReadStatusSynced', 'onUltraGroupReadTimeReceived',
    'onUltraGroupAllUnreadCountLoaded', 'onUltraGroupAllUnreadMentionedCountLoaded', 'onUltraGroupUnreadCountLoaded',
    'onUltraGroupUnreadMentionedCountLoaded',
  ];

  listen(on) {
    // The client tells of a channel that was read on another device by the time up to which it was.
    on('CONVERSATION', ({ conversation: { conversationType, targetId, channelId = '' }, updatedItems: { unreadMessageCount } }) => {
      if (conversationType !== NUMBER || !unreadMessageCount?.time) return;
      const timestamp = unreadMessageCount.time;
      this.emit('onUltraGroupReadTimeReceived', { targetId, channelId, timestamp });
      this.emit('onConversationReadStatusSyncMessageReceived', { type: ULTRA_GROUP, targetId, timestamp });
    });
  }

  loadConversationsForAllChannel({ type, targetId }) {
    if (type !== ULTRA_GROUP) return { unsupported: 'the native client has channels of ultra groups only' };
    const args = { type, targetId, conversations: [] };
    return this.ask('ask', ['getUltraGroupList', { targetId }], 'onConversationsLoadedForAllChannel', args, (list) => (
      { conversations: list.map(described) }));
  }

  syncUltraGroupReadStatus({ targetId, channelId = '', timestamp }) {
    const args = { targetId, channelId, timestamp };
    return this.ask('ask', ['clearConversationUnreadCount', where(args)], 'onUltraGroupReadStatusSynced', args);
  }

  count(given, event, args) {
    return this.ask('ask', given, event, args, (count) => ({ count }));
  }

  loadUltraGroupAllUnreadCount() {
    return this.count(['getTotalUnreadCountByLevels', [NUMBER], LEVELS, false], 'onUltraGroupAllUnreadCountLoaded', {});
  }

  loadUltraGroupAllUnreadMentionedCount() {
    return this.count(['getTotalUnreadCountByLevels', [NUMBER], LEVELS, true], 'onUltraGroupAllUnreadMentionedCountLoaded', {});
  }

  loadUltraGroupUnreadCount({ targetId }) {
    return this.count(['getUGUnreadCountForAllChannels', targetId, [], false], 'onUltraGroupUnreadCountLoaded', { targetId });
  }

  loadUltraGroupUnreadMentionedCount({ targetId }) {
    return this.count(['getUGUnreadCountForAllChannels', targetId, [], true], 'onUltraGroupUnreadMentionedCountLoaded', { targetId });
  }
}

export class UltraGroupMessages extends web.UltraGroupMessages {
  static METHODS = [...web.UltraGroupMessages.METHODS, 'clearUltraGroupMessagesForAllChannel'];

  static EVENTS = [...web.UltraGroupMessages.EVENTS, 'onUltraGroupMessagesClearedForAllChannel'];

  updateUltraGroupMessageExpansion({ messageUId, expansion }) {
    const done = this.sdk.expandStored(messageUId, { put: expansion });
    return this.answer(done, 'onUltraGroupMessageExpansionUpdated', { messageUId, expansion });
  }

  removeUltraGroupMessageExpansionForKeys({ messageUId, keys }) {
    const done = this.sdk.expandStored(messageUId, { del: keys });
    return this.answer(done, 'onUltraGroupMessageExpansionForKeysRemoved', { messageUId, keys });
  }

  clearUltraGroupMessages({ targetId, channelId = '', timestamp, policy }) {
    const args = { targetId, channelId, timestamp, policy };
    return this.answer(clear(this.sdk, where(args), timestamp, policy), 'onUltraGroupMessagesCleared', args);
  }

  clearUltraGroupMessagesForAllChannel({ targetId, timestamp }) {
    const args = { targetId, timestamp };
    const given = ['deleteLocalUGMessagesForAllChannel', targetId, timestamp];
    return this.ask('ask', given, 'onUltraGroupMessagesClearedForAllChannel', args);
  }
}
