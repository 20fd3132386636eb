// The conversation list of the store, unread counts and drafts.

import { Feature } from '../../web-sdk/features/feature.mjs';
import { canonical, described, place } from '../messages.mjs';

/** Types whose messages count as unread, by the client's numbers. */
const COUNTED = [1, 3, 6, 10];

export class Conversations extends Feature {
  static METHODS = [
    'loadConversation', 'loadConversations', 'removeConversation', 'removeConversations', 'loadTopConversations',
    'loadBlockedConversations', 'loadUnreadCount', 'loadTotalUnreadCount', 'loadUnreadCountByConversationTypes',
    'loadUnreadMentionedCount', 'loadUnreadMentionedMessages', 'loadFirstUnreadMessage', 'clearUnreadCount',
    'saveDraftMessage', 'loadDraftMessage', 'clearDraftMessage',
  ];

  static EVENTS = [
    'onConversationLoaded', 'onConversationsLoaded', 'onConversationRemoved', 'onConversationsRemoved',
    'onTopConversationsLoaded', 'onBlockedConversationsLoaded', 'onUnreadCountLoaded', 'onTotalUnreadCountLoaded',
    'onUnreadCountByConversationTypesLoaded', 'onUnreadMentionedCountLoaded', 'onUnreadMentionedMessagesLoaded',
    'onFirstUnreadMessageLoaded', 'onUnreadCountCleared', 'onDraftMessageSaved', 'onDraftMessageLoaded',
    'onDraftMessageCleared',
  ];

  listen(on) {
    on('CONVERSATION', ({ conversation: { conversationType, targetId, channelId = '' }, updatedItems: { isTop } }) => {
      if (!isTop) return;
      const { conversationType: type } = described({ conversationType });
      this.emit('onConversationTopStatusSynced', { type, targetId, channelId, top: isTop.val });
    });
  }

  of(method, { type, targetId, channelId = '' }, event, more) {
    const args = { type, targetId, channelId };
    return this.ask('ask', [method, place(args)], event, args, more);
  }

  list([method, ...given], event, args) {
    const asked = this.sdk.ask(method, ...given).then(async ({ code, data }) => {
      const types = this.sdk.types(args.conversationTypes);
      const wanted = (data ?? []).filter(({ conversationType }) => types.includes(conversationType));
      return { code, data: await Promise.all(wanted.map((raw) => this.whole(raw))) };
    });
    return this.answer(asked, event, args, (conversations) => ({ conversations }), { conversations: [] });
  }

  /** With the time of the first unread message, which the client tells of apart. */
  async whole(raw) {
    const { conversationType, targetId, channelId, unreadMessageCount: unread } = raw;
    const asked = unread > 0 && (await this.sdk.ask('getFirstUnreadMessage', { conversationType, targetId, channelId }));
    return { ...described(raw), firstUnreadMsgSendTime: asked?.data?.sentTime ?? 0 };
  }

  loadConversation({ type, targetId, channelId = '' }) {
    const args = { type, targetId, channelId };
    const asked = this.sdk.ask('getConversation', place(args)).then(async ({ code, data }) => (
      { code, data: data && (await this.whole(data)) }));
    return this.answer(asked, 'onConversationLoaded', args, (conversation) => ({ conversation }), { conversation: null });
  }

  loadConversations({ conversationTypes, channelId = '', startTime, count }) {
    const types = this.sdk.types(conversationTypes);
    const wanted = { channelId: channelId ?? undefined, count, startTime, order: 0, conversationTypes: types, topPriority: true };
    const args = { conversationTypes, channelId, startTime, count };
    return this.list(['getConversationListByTimestamp', wanted, true], 'onConversationsLoaded', args);
  }

  removeConversation({ type, targetId, channelId = '' }) {
    const args = { type, targetId, channelId };
    const given = { identifiers: [place(args)], deleteRemotely: false, deleteMessages: false };
    return this.ask('ask', ['batchDeleteConversations', given], 'onConversationRemoved', args);
  }

  removeConversations({ conversationTypes, channelId = '' }) {
    const given = ['clearConversations', this.sdk.types(conversationTypes)];
    return this.ask('ask', given, 'onConversationsRemoved', { conversationTypes, channelId });
  }

  loadTopConversations({ conversationTypes, channelId = '' }) {
    const given = ['getTopConversationList', true, this.sdk.types(conversationTypes), channelId ?? undefined];
    return this.list(given, 'onTopConversationsLoaded', { conversationTypes, channelId });
  }

  loadBlockedConversations({ conversationTypes, channelId = '' }) {
    const given = ['getBlockedConversationList', conversationTypes.includes('ultra_group')];
    return this.list(given, 'onBlockedConversationsLoaded', { conversationTypes, channelId });
  }

  loadUnreadCount(args) {
    return this.of('getConversationUnreadCount', args, 'onUnreadCountLoaded', (count) => ({ count }));
  }

  loadUnreadMentionedCount(args) {
    return this.of('getUnreadMentionedCount', args, 'onUnreadMentionedCountLoaded', (count) => ({ count }));
  }

  loadUnreadMentionedMessages(args) {
    const messages = (list) => ({ messages: list.map(canonical) });
    return this.of('getUnreadMentionedMessages', args, 'onUnreadMentionedMessagesLoaded', messages);
  }

  loadFirstUnreadMessage(args) {
    const message = (raw) => ({ message: raw ? canonical(raw) : null });
    return this.of('getFirstUnreadMessage', args, 'onFirstUnreadMessageLoaded', message);
  }

  count(types, channelId, muted, event, args) {
    const given = ['getTotalUnreadCount', types, muted, channelId ?? undefined];
    return this.ask('ask', given, event, args, (count) => ({ count }));
  }

  loadTotalUnreadCount({ channelId = '' }) {
    return this.count(COUNTED, channelId, true, 'onTotalUnreadCountLoaded', { channelId });
  }

  loadUnreadCountByConversationTypes({ conversationTypes, channelId = '', contain }) {
    const args = { conversationTypes, channelId, contain };
    const types = this.sdk.types(conversationTypes);
    return this.count(types, channelId, contain, 'onUnreadCountByConversationTypesLoaded', args);
  }

  clearUnreadCount({ type, targetId, channelId = '', timestamp }) {
    const args = { type, targetId, channelId, timestamp };
    const given = timestamp > 0 ? ['clearUnreadCountByTimestamp', place(args), timestamp] : ['clearConversationUnreadCount', place(args)];
    return this.ask('ask', given, 'onUnreadCountCleared', args);
  }

  saveDraftMessage({ type, targetId, channelId = '', draft }) {
    const args = { type, targetId, channelId, draft };
    return this.ask('ask', ['saveTextMessageDraft', place(args), draft], 'onDraftMessageSaved', args);
  }

  loadDraftMessage(args) {
    return this.of('getTextMessageDraft', args, 'onDraftMessageLoaded', (draft) => ({ draft: draft ?? '' }));
  }

  clearDraftMessage(args) {
    return this.of('clearTextMessageDraft', args, 'onDraftMessageCleared');
  }
}
