// Searching the store.

import { Feature } from '../../web-sdk/features/feature.mjs';
import { canonical, described, place } from '../messages.mjs';

/** The client's ranges hold their end; what is searched for is older than the time that is named, 0 is now. */
const before = (time) => (time > 0 ? time - 1 : Number.MAX_SAFE_INTEGER);

/** Object names of the kinds that can be searched for. */
const NAMES = { text: 'RC:TxtMsg', file: 'RC:FileMsg', reference: 'RC:ReferenceMsg', location: 'RC:LBSMsg' };

export class Search extends Feature {
  static METHODS = ['searchMessages', 'searchMessagesByTimeRange', 'searchMessagesByUserId', 'searchConversations'];

  static EVENTS = ['onMessagesSearched', 'onMessagesSearchedByTimeRange', 'onMessagesSearchedByUserId', 'onConversationsSearched'];

  search(args, wanted, event) {
    const { conversationType, targetId, channelId } = place(args);
    const conversationFilter = { conversationTypes: [conversationType], targetIds: [targetId], channelIds: [channelId] };
    const given = { keyword: '', order: 0, offset: 0, limit: args.count, conversationFilter, ...wanted };
    return this.ask('ask', ['searchMessagesWithParams', given], event, { ...args, messages: [] }, (data) => (
      { messages: (data?.messages ?? []).map(canonical) }));
  }

  searchMessages({ type, targetId, channelId = '', keyword, startTime, count }) {
    const args = { type, targetId, channelId, keyword, startTime, count };
    return this.search(args, { keyword, timeRange: { startTime: 0, endTime: before(startTime) } }, 'onMessagesSearched');
  }

  searchMessagesByTimeRange({ type, targetId, channelId = '', keyword, startTime, endTime, offset, count }) {
    const args = { type, targetId, channelId, keyword, startTime, endTime, offset, count };
    const timeRange = { startTime, endTime: endTime || Number.MAX_SAFE_INTEGER };
    return this.search(args, { keyword, offset, timeRange }, 'onMessagesSearchedByTimeRange');
  }

  searchMessagesByUserId({ userId, type, targetId, channelId = '', startTime, count }) {
    const args = { userId, type, targetId, channelId, startTime, count };
    const wanted = { messageFilter: { senderIds: [userId] }, timeRange: { startTime: 0, endTime: before(startTime) } };
    return this.search(args, wanted, 'onMessagesSearchedByUserId');
  }

  searchConversations({ conversationTypes, channelId = '', messageTypes, keyword }) {
    const names = messageTypes.map((type) => NAMES[type]);
    if (names.includes(undefined)) return { unsupported: 'the native client searches by object names' };
    const args = { conversationTypes, channelId, messageTypes, keyword };
    const given = ['searchConversationByContent', keyword, names, channelId, this.sdk.types(conversationTypes)];
    return this.ask('ask', given, 'onConversationsSearched', { ...args, conversations: [] }, (list) => (
      { conversations: list.map((raw) => ({ conversation: described(raw), count: raw.matchCount })) }));
  }
}
