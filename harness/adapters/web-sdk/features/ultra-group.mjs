// Ultra groups: their channels, what is unread there, and what was read on another device.

import { described } from './conversations.mjs';
import { Feature, ULTRA_GROUP, inUltraGroup, note, sdkConversation } from './feature.mjs';

const key = ({ targetId, channelId }) => `${targetId} ${channelId ?? ''}`;

/** What engines since 5.4 tell of channels and user groups, and the documented engine does not. */
const UNDOCUMENTED = [
  'ULTRA_GROUP_CHANNEL_TYPE_CHANGE', 'ULTRA_GROUP_CHANNEL_DELETE', 'ULTRA_GROUP_CHANNEL_USER_KICKED', 'USER_GROUP_STATUS',
];

/** The documented list has only channels with messages; what an SDK takes off its own stays there, emptied. */
const holds = ({ latestMessage, unreadMessageCount }) => latestMessage || unreadMessageCount > 0;

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
    /** What the SDK last said of each channel: how many are unread, and its newest message. */
    this.channels = new Map();
    on('ULTRA_GROUP_ENABLE', () => this.sdk.getUltraGroupList({}).then(({ data }) => (
      (data ?? []).forEach((channel) => this.stands(channel)))));
    for (const event of UNDOCUMENTED) on(event, (told) => note(event, told));
    on('CONVERSATION', ({ conversationList }) => {
      for (const { conversation } of conversationList ?? []) if (inUltraGroup(conversation)) this.changed(conversation);
    });
  }

  stands(channel) {
    const { unreadMessageCount: unread, latestMessage } = channel;
    this.channels.set(key(channel), { unread: unread ?? 0, newest: latestMessage?.messageUId });
  }

  /** The SDKs tell of a channel that was read elsewhere only as of one that has nothing unread any more. */
  changed(channel) {
    const before = this.channels.get(key(channel));
    this.stands(channel);
    const now = this.channels.get(key(channel));
    if (!before?.unread || now.unread > 0 || before.newest !== now.newest) return;
    const { targetId, channelId = '' } = channel;
    this.emit('onUltraGroupReadTimeReceived', { targetId, channelId });
    this.emit('onConversationReadStatusSyncMessageReceived', { type: ULTRA_GROUP, targetId });
  }

  loadConversationsForAllChannel({ type, targetId }) {
    if (type !== ULTRA_GROUP) return { unsupported: 'the SDK has channels of ultra groups only' };
    return this.ask('getUltraGroupList', [{ targetId }], 'onConversationsLoadedForAllChannel', { type, targetId }, (list) => ({
      conversations: (list ?? []).filter((channel) => channel.targetId === targetId && holds(channel)).map(described),
    }));
  }

  syncUltraGroupReadStatus({ targetId, channelId = '', timestamp }) {
    const conversation = sdkConversation({ type: ULTRA_GROUP, targetId, channelId });
    const args = { targetId, channelId, timestamp };
    return this.ask('clearMessagesUnreadStatus', [conversation], 'onUltraGroupReadStatusSynced', args, () => {
      const known = this.channels.get(key(conversation));
      if (known) known.unread = 0;
      return {};
    });
  }

  loadUltraGroupAllUnreadCount() {
    return this.count('getAllUltraGroupUnreadCount', [], 'onUltraGroupAllUnreadCountLoaded', {});
  }

  loadUltraGroupAllUnreadMentionedCount() {
    return this.count('getAllUltraGroupUnreadMentionedCount', [], 'onUltraGroupAllUnreadMentionedCountLoaded', {});
  }

  loadUltraGroupUnreadCount({ targetId }) {
    return this.count('getUltraGroupUnreadCountByTargetId', [targetId], 'onUltraGroupUnreadCountLoaded', { targetId });
  }

  loadUltraGroupUnreadMentionedCount({ targetId }) {
    const event = 'onUltraGroupUnreadMentionedCountLoaded';
    return this.count('getUltraGroupUnreadMentionedCountByTargetId', [targetId], event, { targetId });
  }

  count(name, given, event, args) {
    return this.ask(name, given, event, args, (count) => ({ count }));
  }
}
