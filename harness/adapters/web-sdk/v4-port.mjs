// What the features need of an SDK, for imlib-v4: its API under the names and with the results of imlib-next.

import { result } from './messages.mjs';
import { RoomPort } from './v4-rooms.mjs';

const Events = Object.fromEntries([
  'EXPANSION', 'TYPING_STATUS', 'CONVERSATION', 'READ_RECEIPT_RECEIVED', 'MESSAGE_RECEIPT_REQUEST',
  'MESSAGE_RECEIPT_RESPONSE', 'CHATROOM',
].map((name) => [name, name]));

/** The number of chatrooms among the types of conversations. */
const CHATROOM = 4;

/** Messages by which apps of this generation give receipts, after its guide; neither stored nor counted. */
const SIGNAL = { isPersited: false, isCounted: false };

/** Levels that this generation has: it knows no more than whether a conversation is muted. */
const STATUS = { 5: 1, 0: 2 };
const LEVEL = { 1: 5, 2: 0 };

const newer = (item) => (
  { ...item, conversationType: item.type, notificationLevel: LEVEL[item.notificationStatus] });

export class V4Port extends RoomPort {
  constructor(im) {
    super();
    this.im = im;
    this.Events = Events;
    this.listeners = {};
    this.registered = new Set();
  }

  addEventListener(event, act) {
    (this.listeners[event] ??= []).push(act);
  }

  tell(event, args) {
    for (const act of this.listeners[event] ?? []) act(args);
  }

  /** What the SDK is to be asked to watch, beside states and messages. */
  watched() {
    return {
      conversation: ({ updatedConversationList }) => this.tell('CONVERSATION', {
        conversationList: updatedConversationList.map((conversation) => (
          { conversation: newer(conversation), updatedItems: conversation.updatedItems })),
      }),
      chatroom: (event) => this.tell('CHATROOM', event),
      expansion: (change) => this.tell('EXPANSION', change),
      typingStatus: (status) => this.tell('TYPING_STATUS', { status }),
      tag() {},
      pullFinished() {},
      messageBlocked() {},
    };
  }

  /** Receipts come as ordinary messages; true if it was one of those that others sent. */
  signalled({ messageType, type, targetId, senderUserId, content, messageDirection }) {
    const conversation = { conversationType: type, targetId };
    switch (messageDirection === 1 ? '' : messageType) {
      case 'RC:ReadNtf':
        this.tell('READ_RECEIPT_RECEIVED', { conversation, sentTime: content.lastMessageSendTime });
        return true;
      case 'RC:RRReqMsg':
        this.tell('MESSAGE_RECEIPT_REQUEST', { conversation, messageUId: content.messageUId, senderUserId });
        return true;
      case 'RC:RRRspMsg': {
        const messageUIdList = content.receiptMessageDic?.[this.user] ?? [];
        this.tell('MESSAGE_RECEIPT_RESPONSE', { conversation, receivedUserId: senderUserId, messageUIdList });
        return true;
      }
      default: return ['RC:ReadNtf', 'RC:RRReqMsg', 'RC:RRRspMsg'].includes(messageType);
    }
  }

  /** Where messages of a conversation are sent and recalled: a chatroom is none of the SDK's conversations. */
  speaks({ conversationType: type, targetId }) {
    return type === CHATROOM ? this.room(targetId) : this.of({ conversationType: type, targetId });
  }

  of({ conversationType: type, targetId }) {
    return this.im.Conversation.get({ type, targetId });
  }

  send(conversation, { objectName, content, persisted, counted, own, options }) {
    if (own && !this.registered.has(objectName)) {
      this.im.registerMessageType(objectName, persisted, counted, []);
      this.registered.add(objectName);
    }
    const how = { messageType: objectName, content, isPersited: persisted, isCounted: counted };
    return result(this.speaks(conversation).send({ ...how, ...options }));
  }

  signal(conversationType, targetId, messageType, content, directionalUserIdList) {
    const options = { messageType, content, ...SIGNAL, directionalUserIdList };
    return result(this.of({ conversationType, targetId }).send(options));
  }

  sendReadReceiptMessage(targetId, messageUId, lastMessageSendTime) {
    return this.signal(1, targetId, 'RC:ReadNtf', { messageUId, lastMessageSendTime, type: 1 });
  }

  sendReadReceiptRequest(targetId, messageUId) {
    return this.signal(3, targetId, 'RC:RRReqMsg', { messageUId });
  }

  sendReadReceiptResponseV2(targetId, receiptMessageDic) {
    return this.signal(3, targetId, 'RC:RRRspMsg', { receiptMessageDic }, Object.keys(receiptMessageDic));
  }

  sendSyncReadStatusMessage({ conversationType, targetId }, lastMessageSendTime) {
    return this.signal(conversationType, targetId, 'RC:SRSMsg', { lastMessageSendTime });
  }

  sendTypingStatusMessage(conversation, what) {
    const of = this.of(conversation);
    // Since engine 4.5.
    return of.sendTypingStatusMessage && result(of.sendTypingStatusMessage(what));
  }

  recallMessage(conversation, message) {
    return result(this.speaks(conversation).recall(message));
  }

  getHistoryMessages(conversation, options) {
    return result(this.of(conversation).getMessages(options));
  }

  deleteMessages(conversation, messages) {
    return result(this.of(conversation).deleteMessages(messages));
  }

  clearHistoryMessages(conversation, timestamp) {
    return result(this.of(conversation).clearMessages({ timestamp }));
  }

  updateMessageExpansion(expansion, message) {
    return result(this.of(newer(message)).updateMessageExpansion(expansion, message));
  }

  removeMessageExpansionForKey(keys, message) {
    return result(this.of(newer(message)).removeMessageExpansion(keys, message));
  }

  setConversationToTop(conversation, isTop) {
    return result(this.of(conversation).setStatus({ isTop }));
  }

  setConversationNotificationLevel(conversation, level) {
    const notificationStatus = STATUS[level];
    if (!notificationStatus) return undefined;
    return result(this.of(conversation).setStatus({ notificationStatus }));
  }

  getConversation(conversation) {
    return result(this.of(conversation).getInfo().then(newer));
  }

  getConversationList(options) {
    return result(this.im.Conversation.getList(options).then((list) => list.map(newer)));
  }

  removeConversation(conversation) {
    return result(this.of(conversation).destory());
  }

  getUnreadCount(conversation) {
    return result(this.of(conversation).getUnreadCount());
  }

  getTotalUnreadCount(includeMuted, types) {
    return result(this.im.Conversation.getTotalUnreadCount(includeMuted, types));
  }

  clearMessagesUnreadStatus(conversation) {
    return result(this.of(conversation).read());
  }

  saveTextMessageDraft(conversation, draft) {
    return result(this.of(conversation).setDraft(draft));
  }

  getTextMessageDraft(conversation) {
    return result(this.of(conversation).getDraft());
  }

  addTag(tag) {
    return result(this.im.Tag.create(tag));
  }

  removeTag(tagId) {
    return result(this.im.Tag.get(tagId).then((tag) => tag.remove()));
  }

  getTags() {
    return result(this.im.Tag.getTagInfoList());
  }

  addConversationsToTag(tagId, conversations) {
    const named = conversations.map(({ conversationType: type, targetId }) => ({ type, targetId }));
    return result(this.im.Tag.get(tagId).then((tag) => tag.addConversations(named)));
  }

  removeConversationsFromTag(tagId, conversations) {
    const named = conversations.map(({ conversationType: type, targetId }) => ({ type, targetId }));
    return result(this.im.Tag.get(tagId).then((tag) => tag.removeConversations(named)));
  }

  removeTagsFromConversation(conversation, tagIds) {
    return result(this.of(conversation).removeTags(tagIds));
  }

  setConversationToTopInTag(tagId, { conversationType: type, targetId }, isTop) {
    return result(this.im.Tag.get(tagId).then((tag) => tag.updateConversationIsTop({ type, targetId }, isTop)));
  }

  getTagsFromConversation(conversation) {
    return result(this.of(conversation).getTags());
  }

  clearTextMessageDraft(conversation) {
    return result(this.of(conversation).deleteDraft());
  }
}
