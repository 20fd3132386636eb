// What the features of `../web-sdk` need of an SDK, for the native client: its main process's methods under the names of the
// newer web generation, and the messages that its renderer would compose.

import { conversationNumber } from '../web-sdk/messages.mjs';
import { RoomPort } from './port-rooms.mjs';

const Events = Object.fromEntries([
  'EXPANSION', 'CONVERSATION', 'CHATROOM', 'OPERATE_STATUS', 'READ', 'READ_ELSEWHERE', 'ULTRA_GROUP_MESSAGE_MODIFIED',
  'ULTRA_GROUP_MESSAGE_EXPANSION_UPDATED', 'ULTRA_GROUP_MESSAGE_RECALLED', 'ULTRA_GROUP_CHANNEL_DELETE',
].map((name) => [name, name]));

/** The main process's notifications that the features hear under another name, with one argument. */
const NOTIFICATIONS = {
  expansion: 'EXPANSION',
  chatroom: 'CHATROOM',
  operateStatus: 'OPERATE_STATUS',
  messagesModified: 'ULTRA_GROUP_MESSAGE_MODIFIED',
  ultraGroupMessageExpansionUpdated: 'ULTRA_GROUP_MESSAGE_EXPANSION_UPDATED',
  ultraGroupMessageRecalled: 'ULTRA_GROUP_MESSAGE_RECALLED',
  messageReadReceipt: 'READ',
  syncReadStatus: 'READ_ELSEWHERE',
};

/** Its methods want a channel, if only an empty one. */
const whole = (conversation) => ({ ...conversation, channelId: conversation.channelId ?? '' });

const EXPANSION = 'RC:MsgExMsg';
const ULTRA_GROUP = 10;

export class NativePort extends RoomPort {
  constructor(vendor) {
    super();
    this.vendor = vendor;
    this.ask = vendor.ask;
    this.Events = Events;
    this.listeners = {};
    this.registered = new Map();
  }

  addEventListener(event, act) {
    (this.listeners[event] ??= []).push(act);
  }

  async tell(event, told) {
    for (const act of this.listeners[event] ?? []) await act(told);
  }

  async notified(event, args) {
    if (event === 'conversation') for (const change of args[0]) await this.tell('CONVERSATION', change);
    if (NOTIFICATIONS[event]) await this.tell(NOTIFICATIONS[event], args[0]);
  }

  /** A message type of the app's own, once and for all: how it is kept depends on it. */
  async register({ objectName, persisted, counted, status }) {
    const how = `${persisted} ${counted} ${status}`;
    if (this.registered.get(objectName) === how) return;
    this.registered.set(objectName, how);
    const flags = { isPersited: persisted, isCounted: counted, isStatusMessage: status, isCustom: true, searchProps: [] };
    await this.ask('registerMessageType', objectName, flags);
  }

  async send(conversation, out, attached) {
    if (out.own) await this.register(out);
    const message = { messageType: out.objectName, content: out.content, ...out.options };
    return this.vendor.send(conversation, message, attached);
  }

  /** A message that is none to the app. */
  signal(conversation, messageType, content, directionalUserIdList) {
    return this.vendor.send(conversation, { messageType, content, ...(directionalUserIdList && { directionalUserIdList }) });
  }

  /** Changes the expansion of a message of the store, which tells where it is. */
  async expandStored(messageUId, change) {
    const found = await this.ask('getMessage', messageUId);
    return found.code === 0 ? this.expand(found.data, change) : { code: found.code };
  }

  expand(message, change) {
    const { conversationType, targetId, channelId = '', sentTime, messageUId: mid } = message;
    const conversation = { conversationType, targetId, channelId };
    if (conversationType === ULTRA_GROUP) return this.ask('updateUGMessageExpansion', conversation, { ...change, mid }, sentTime);
    return this.signal(conversation, EXPANSION, { ...change, mid });
  }

  modifyMessage(messageContent, { messageUId }) {
    return this.ask('modifyMessageWithParams', { messageUId, messageContent });
  }

  /** By UID, as the web generation answers. */
  async getUltraGroupMessageListByMessageUId(conversation, named) {
    const { code, data } = await this.ask('getRemoteMessagesByUIds', whole(conversation), named.map(({ messageUId }) => messageUId));
    return { code, data: Object.fromEntries((data ?? []).map((raw) => [raw.messageUId, raw])) };
  }

  recallMessage(conversation, { messageUId, sentTime, isDelete = false }) {
    return this.ask('recallMsg', whole(conversation), { messageUId, sentTime, isDelete });
  }

  setConversationToTop(conversation, isTop) {
    return this.ask('batchSetConversationToTop', [whole(conversation)], isTop, true, true);
  }

  getConversation(conversation) {
    return this.ask('getConversation', whole(conversation));
  }

  setConversationNotificationLevel(conversation, level) {
    return this.ask('batchSetConversationNotificationLevel', [whole(conversation)], level);
  }

  getConversationNotificationLevel(conversation) {
    return this.ask('getConversationNotificationLevel', whole(conversation));
  }

  setConversationTypeNotificationLevel(type, level) {
    return this.ask('setConversationTypeNotificationLevel', type, level);
  }

  getConversationTypeNotificationLevel(type) {
    return this.ask('getConversationTypeNotificationLevel', type);
  }

  setNotificationQuietHoursWithSetting(setting) {
    return this.ask('setNotificationQuietHoursWithSetting', setting);
  }

  removeNotificationQuietHoursSetting() {
    return this.ask('removeNotificationQuietHoursSetting');
  }

  getNotificationQuietHoursSetting() {
    return this.ask('getNotificationQuietHoursSetting');
  }

  sendUltraGroupTypingStatus(conversation) {
    return this.ask('sendUltraGroupTypingStatus', conversation);
  }

  setUltraGroupDefaultNotificationLevel({ targetId, channelId }, level) {
    return this.ask('setUGDefaultNotificationLevel', targetId, level, channelId);
  }

  getUltraGroupDefaultNotificationLevel({ targetId, channelId }) {
    return this.ask('getUGDefaultNotificationLevel', targetId, channelId);
  }

  addTag(tag) {
    return this.ask('createTag', tag);
  }

  removeTag(tagId) {
    return this.ask('removeTag', tagId);
  }

  getTags() {
    return this.ask('getTagList');
  }

  addConversationsToTag(tagId, conversations) {
    return this.ask('addTagForConversations', tagId, conversations.map(whole));
  }

  removeConversationsFromTag(tagId, conversations) {
    return this.ask('removeTagForConversations', tagId, conversations.map(whole));
  }

  removeTagsFromConversation(conversation, tagIds) {
    return this.ask('removeTagsForConversation', whole(conversation), tagIds);
  }

  setConversationToTopInTag(tagId, conversation, isTop) {
    return this.ask('setConversationStatusInTag', tagId, whole(conversation), { isTop });
  }

  getTagsFromConversation(conversation) {
    return this.ask('getTagsForConversation', whole(conversation));
  }

  /** A message of the store, by its local number or its UID; undefined: there is none. */
  async stored(id) {
    const { code, data } = await this.ask('getMessage', id);
    return code === 0 ? data : undefined;
  }

  /** Conversation types by the client's numbers. */
  types(names) {
    return names.map(conversationNumber).filter((number) => number !== undefined);
  }
}
