// The native client by the documented engine's methods and callbacks.

import * as create from '../web-sdk/create.mjs';
import { conversationName } from '../web-sdk/messages.mjs';
import * as features from './features/index.mjs';
import { canonical } from './messages.mjs';
import { NativePort } from './port.mjs';

/** Why it is disconnected, by the client's codes. */
const ENDS = {
  31004: 'token_incorrect',
  31009: 'conn_user_blocked',
  31010: 'kicked_offline_by_other_client',
  31011: 'conn_user_blocked',
  31020: 'token_incorrect',
};

const BLOCKED = 'RC:InterceptMsg';
const BLOCK_TYPES = { 1: 'global', 2: 'custom', 3: 'third_party' };

export const METHODS = ['create', 'destroy', 'connect', 'disconnect', ...create.METHODS, ...features.METHODS];

export const EVENTS = [
  'onConnected', 'onDatabaseOpened', 'onConnectionStatusChanged', 'onMessageReceived', 'onMessageBlocked', ...features.EVENTS,
];

export const CAPABILITIES = [
  'network', 'restart', 'local_store', 'several_devices', 'native_transport', 'private', 'group', 'system', 'chatroom', 'ultragroup',
  'offline_messages', 'history', 'local_insertion', 'search', 'recall', 'receipts', 'expansion', 'typing', 'blacklist', 'conversations',
  'drafts', 'pinning', 'do_not_disturb', 'doubled_pushes',
];

/** Arguments of callbacks that the client never tells. */
export const UNKNOWN = {
  onMessageReceived: ['left', 'hasPackage', 'message.policy', 'message.receivedTime'],
  onGroupMessageReadReceiptResponseReceived: ['respondUserIds'],
  onChatRoomEntriesAdded: ['errorEntries'],
  onChatRoomMessagesLoaded: ['syncTime'],
};

const note = (error) => process.send?.({ log: { level: 'error', text: `${error?.stack ?? error}` } });

export class NativeClient {
  constructor(begin, { client, appKey, options, dbpath, navi }, emit) {
    this.emit = emit;
    this.status = null;
    this.kickReconnecting = options.kickReconnectDevice === true;
    // One after the other, as they came: some ask the store for what they do not tell.
    this.line = Promise.resolve();
    const heard = (event, args) => { this.line = this.line.then(() => this.heard(event, args)).catch(note); };
    this.vendor = begin({ appkey: appKey, dbpath, navi, device: `device of ${client}`, enableReadReceiptStorage: true }, heard);
    this.port = new NativePort(this.vendor);
    this.saw = features.equip(this, this.port, emit);
    Object.assign(this, Object.fromEntries(create.METHODS.map((name) => [name, (args) => create.make(name, args)])));
  }

  heard(event, args) {
    switch (event) {
      case 'onConnecting': return this.changed('connecting');
      case 'onConnected': return this.changed('connected');
      case 'onSuspend': return this.changed('suspend');
      case 'onDisconnected': return this.changed(ENDS[args[0]] ?? 'unconnected');
      case 'databaseOpened': return this.emit('onDatabaseOpened', { code: args[0] });
      case 'batchMessage': return this.received(args[0], args[2] === true);
      default: return this.port.notified(event, args);
    }
  }

  changed(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('onConnectionStatusChanged', { status });
  }

  /** One package: messages, and whether more packages come. */
  async received(list, hasPackage) {
    for (const [at, raw] of list.entries()) {
      if ((await this.saw(raw)) || this.blocked(raw)) continue;
      const offline = raw.isOffLineMessage === true;
      this.emit('onMessageReceived', { message: canonical(raw), left: list.length - 1 - at, offline, hasPackage });
    }
  }

  blocked({ messageType, conversationType, targetId, content }) {
    if (messageType !== BLOCKED) return false;
    const { msgUId: blockedMsgUId, interceptType, extra } = content;
    const blockType = BLOCK_TYPES[interceptType] ?? 'unknown';
    this.emit('onMessageBlocked', { info: { conversationType: conversationName(conversationType), targetId, blockedMsgUId, blockType, extra } });
    return true;
  }

  connect({ token }) {
    this.port.ask('connect', token, this.kickReconnecting, false, 'trace').then(async ({ code, data }) => {
      this.port.user = code === 0 ? data : '';
      await this.line;
      this.emit('onConnected', { code, userId: this.port.user });
    });
    return { code: 0 };
  }

  disconnect({ receivePush = false } = {}) {
    this.port.ask('disconnect', receivePush);
    return { code: 0 };
  }

  end() {
    return this.vendor.end();
  }
}
