// Read receipts, the read state on the user's other devices, and typing. Receipts and typing are messages, which a renderer
// composes; the store follows them.

import { conversationName } from '../../web-sdk/messages.mjs';
import { Feature, note } from '../../web-sdk/features/feature.mjs';
import { place } from '../messages.mjs';

const READ = 'RC:ReadNtf';
const REQUEST = 'RC:RRReqMsg';
const RESPONSE = 'RC:RRRspMsg';
const READ_ELSEWHERE = 'RC:SRSMsg';
const TYPING = 'RC:TypSts';

const PRIVATE = 1;
const GROUP = 3;
const ULTRA_GROUP = 10;

export class Receipts extends Feature {
  static METHODS = [
    'sendPrivateReadReceiptMessage', 'sendGroupReadReceiptRequest', 'sendGroupReadReceiptResponse',
    'syncConversationReadStatus', 'sendTypingStatus',
  ];

  static EVENTS = [
    'onPrivateReadReceiptMessageSent', 'onPrivateReadReceiptReceived', 'onGroupReadReceiptRequestSent',
    'onGroupMessageReadReceiptRequestReceived', 'onGroupReadReceiptResponseSent',
    'onGroupMessageReadReceiptResponseReceived', 'onConversationReadStatusSynced',
    'onConversationReadStatusSyncMessageReceived',
  ];

  listen(on) {
    on('READ_ELSEWHERE', ({ conversationType, targetId, timestamp }) => {
      if (conversationType === ULTRA_GROUP) return;
      this.emit('onConversationReadStatusSyncMessageReceived', { type: conversationName(conversationType), targetId, timestamp });
    });
    on('READ', ({ privateReadReceipt: read }) => {
      if (!read) return;
      const { targetId, channelId = '', endMsgTime: timestamp } = read;
      this.emit('onPrivateReadReceiptReceived', { targetId, channelId, timestamp });
    });
  }

  saw(raw) {
    const { messageType, conversationType, targetId, channelId = '', content = {} } = raw;
    const own = raw.messageDirection === 1;
    const timestamp = content.lastMessageSendTime;
    if (messageType === READ_ELSEWHERE || (messageType === READ && own)) {
      this.emit('onConversationReadStatusSyncMessageReceived', { type: conversationName(conversationType), targetId, timestamp });
    } else if (messageType === READ) {
      this.emit('onPrivateReadReceiptReceived', { targetId, channelId, timestamp });
    } else if (messageType === REQUEST) {
      if (!own) this.emit('onGroupMessageReadReceiptRequestReceived', { targetId, messageUId: content.messageUId });
    } else if (messageType === RESPONSE) {
      const mine = own ? [] : (content.receiptMessageDic?.[this.sdk.user] ?? []);
      for (const messageUId of mine) this.emit('onGroupMessageReadReceiptResponseReceived', { targetId, messageUId });
    } else if (messageType === TYPING) note('typing', { conversationType, targetId, content });
    else return false;
    return true;
  }

  signal(where, messageType, content, users, event, args) {
    return this.answer(this.sdk.signal(where, messageType, content, users), event, args);
  }

  sendPrivateReadReceiptMessage({ targetId, channelId = '', timestamp: lastMessageSendTime }) {
    const args = { targetId, channelId, timestamp: lastMessageSendTime };
    const read = [...this.known.values()].find((raw) => (
      raw.conversationType === PRIVATE && raw.targetId === targetId && raw.sentTime === lastMessageSendTime));
    const content = { messageUId: read?.messageUId ?? '', lastMessageSendTime, type: 1 };
    const where = { conversationType: PRIVATE, targetId, channelId };
    return this.signal(where, READ, content, undefined, 'onPrivateReadReceiptMessageSent', args);
  }

  sendGroupReadReceiptRequest({ message }) {
    const { messageUId } = message;
    return this.signal(place(message), REQUEST, { messageUId }, undefined, 'onGroupReadReceiptRequestSent', { message });
  }

  sendGroupReadReceiptResponse({ targetId, channelId = '', messages }) {
    const receiptMessageDic = {};
    for (const { senderUserId, messageUId } of messages) (receiptMessageDic[senderUserId] ??= []).push(messageUId);
    const where = { conversationType: GROUP, targetId, channelId };
    const args = { targetId, channelId, messages };
    return this.signal(where, RESPONSE, { receiptMessageDic }, undefined, 'onGroupReadReceiptResponseSent', args);
  }

  syncConversationReadStatus({ type, targetId, channelId = '', timestamp }) {
    const args = { type, targetId, channelId, timestamp };
    const content = { lastMessageSendTime: timestamp };
    return this.signal(place(args), READ_ELSEWHERE, content, undefined, 'onConversationReadStatusSynced', args);
  }

  sendTypingStatus({ type, targetId, channelId = '', currentType }) {
    this.sdk.signal(place({ type, targetId, channelId }), TYPING, { typingContentType: currentType }).catch(() => {});
    return { code: 0 };
  }
}
