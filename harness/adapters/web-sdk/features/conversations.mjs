// The conversation list, unread counts and drafts. The SDKs ask the server for the list and keep the counts themselves.

import { canonical, conversationName, conversationNumber } from '../messages.mjs';
import { Feature, ULTRA_GROUP, sdkConversation } from './feature.mjs';
import { levelName } from './levels.mjs';

/** As many conversations as the SDKs ask for at once. */
const MOST = 300;

export class Conversations extends Feature {
  static METHODS = [
    'loadConversation', 'loadConversations', 'removeConversation', 'loadTopConversations', 'loadBlockedConversations',
    'loadUnreadCount', 'loadTotalUnreadCount', 'loadUnreadCountByConversationTypes', 'loadUnreadMentionedCount',
    'clearUnreadCount', 'saveDraftMessage', 'loadDraftMessage', 'clearDraftMessage',
  ];

  static EVENTS = [
    'onConversationLoaded', 'onConversationsLoaded', 'onConversationRemoved', 'onTopConversationsLoaded',
    'onBlockedConversationsLoaded', 'onUnreadCountLoaded', 'onTotalUnreadCountLoaded',
    'onUnreadCountByConversationTypesLoaded', 'onUnreadMentionedCountLoaded', 'onUnreadCountCleared',
    'onDraftMessageSaved', 'onDraftMessageLoaded', 'onDraftMessageCleared',
  ];

  of(name, { type, targetId, channelId = '' }, event, more) {
    const args = { type, targetId, channelId };
    return this.ask(name, [sdkConversation(args)], event, args, more);
  }

  loadConversation(args) {
    return this.of('getConversation', args, 'onConversationLoaded', (data) => ({ conversation: described(data) }));
  }

  loadConversations({ conversationTypes, channelId = '', startTime, count }) {
    const args = { conversationTypes, channelId, startTime, count };
    const wanted = { count: MOST, startTime, order: 0 };
    if (conversationTypes.includes(ULTRA_GROUP)) return { unsupported: 'the SDK lists ultra groups on their own' };
    return this.ask('getConversationList', [wanted], 'onConversationsLoaded', args, (list) => ({
      conversations: ofTypes(list, conversationTypes).slice(0, count),
    }));
  }

  removeConversation(args) {
    return this.of('removeConversation', args, 'onConversationRemoved');
  }

  loadTopConversations({ conversationTypes, channelId = '' }) {
    const given = [conversationTypes.map(conversationNumber)];
    return this.ask('getTopConversationList', given, 'onTopConversationsLoaded', { conversationTypes, channelId }, (list) => (
      { conversations: ofTypes(list, conversationTypes) }));
  }

  loadBlockedConversations({ conversationTypes, channelId = '' }) {
    const event = 'onBlockedConversationsLoaded';
    return this.ask('getBlockedConversationList', [], event, { conversationTypes, channelId }, (list) => (
      { conversations: ofTypes(list, conversationTypes) }));
  }

  loadUnreadCount(args) {
    return this.of('getUnreadCount', args, 'onUnreadCountLoaded', (count) => ({ count }));
  }

  loadUnreadMentionedCount(args) {
    return this.of('getUnreadMentionedCount', args, 'onUnreadMentionedCountLoaded', (count) => ({ count }));
  }

  loadTotalUnreadCount({ channelId = '' }) {
    return this.ask('getTotalUnreadCount', [true], 'onTotalUnreadCountLoaded', { channelId }, (count) => ({ count }));
  }

  loadUnreadCountByConversationTypes({ conversationTypes, channelId = '', contain }) {
    const given = [contain, conversationTypes.map(conversationNumber)];
    const args = { conversationTypes, channelId, contain };
    return this.ask('getTotalUnreadCount', given, 'onUnreadCountByConversationTypesLoaded', args, (count) => ({ count }));
  }

  clearUnreadCount({ type, targetId, channelId = '', timestamp }) {
    if (type === ULTRA_GROUP) return { unsupported: 'the SDK reads an ultra group on all devices' };
    const conversation = sdkConversation({ type, targetId });
    const newer = [...this.known.values()].some((raw) => (raw.conversationType ?? raw.type) === conversation.conversationType
      && raw.targetId === targetId && raw.sentTime > timestamp);
    if (newer) return { unsupported: 'the SDK clears all unread messages of a conversation, or none' };
    const args = { type, targetId, channelId, timestamp };
    return this.ask('clearMessagesUnreadStatus', [conversation], 'onUnreadCountCleared', args);
  }

  saveDraftMessage({ type, targetId, channelId = '', draft }) {
    const args = { type, targetId, channelId, draft };
    return this.ask('saveTextMessageDraft', [sdkConversation(args), draft], 'onDraftMessageSaved', args);
  }

  loadDraftMessage(args) {
    return this.of('getTextMessageDraft', args, 'onDraftMessageLoaded', (draft) => ({ draft: draft ?? '' }));
  }

  clearDraftMessage(args) {
    return this.of('clearTextMessageDraft', args, 'onDraftMessageCleared');
  }
}

const ofTypes = (list, types) =>
  (list ?? []).map(described).filter(({ conversationType }) => types.includes(conversationType));

/** A conversation by its documented properties, as far as the SDK tells them. */
export function described(conversation) {
  if (!conversation) return null;
  const { conversationType, targetId, channelId, unreadMessageCount, isTop, notificationLevel, latestMessage } = conversation;
  return {
    conversationType: conversationName(conversationType),
    targetId,
    channelId: channelId ?? '',
    unreadCount: unreadMessageCount ?? 0,
    mentionedCount: conversation.unreadMentionedCount,
    top: isTop === true,
    draft: conversation.draft,
    notificationLevel: notificationLevel === undefined ? undefined : levelName(notificationLevel),
    lastMessage: latestMessage ? canonical(latestMessage) : null,
  };
}
