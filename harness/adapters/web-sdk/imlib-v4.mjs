// imlib-v4 (engine 5.2.5): its API mapped to the documented engine's methods and callbacks.

import * as create from './create.mjs';
import * as features from './features/index.mjs';
import { canonical, codeOf } from './messages.mjs';
import { V4Port } from './v4-port.mjs';

/** Connection states of the SDK by number, as the documented engine names them. */
const STATUS = {
  0: 'connected',
  1: 'connecting',
  2: 'unconnected',
  3: 'network_unavailable',
  4: 'suspend',
  6: 'kicked_offline_by_other_client',
  7: 'suspend',
  8: 'suspend',
  9: 'conn_user_blocked',
  12: 'unconnected',
  13: 'unconnected',
  14: 'connecting',
};

/** What this generation has no function for. */
const MISSING = new Set([
  'loadConversationNotificationLevel', 'changeConversationTypeNotificationLevel',
  'loadConversationTypeNotificationLevel', 'changeNotificationQuietHours', 'removeNotificationQuietHours',
  'loadNotificationQuietHours', 'loadTopConversations', 'loadBlockedConversations', 'loadUnreadMentionedCount',
]);

const has = (name) => !MISSING.has(name.replace(/^get/, 'load')) && !features.OF_ULTRA_GROUPS.has(name);

export const EVENTS = ['onConnected', 'onConnectionStatusChanged', 'onMessageReceived', ...features.EVENTS.filter(has)];
export const METHODS = ['create', 'destroy', 'connect', 'disconnect', ...create.METHODS, ...features.METHODS.filter(has)];

/** Fields that this generation never tells. */
export const UNKNOWN = {
  onConversationLoaded: ['conversation.mentionedCount', 'conversation.draft'],
  onConversationsLoaded: ['conversations.mentionedCount'],
};

/** It hands over whatever is pushed, twice if it comes twice. */
export const CAPABILITIES = [
  'receipts', 'typing', 'recall', 'history', 'expansion', 'pinning', 'do_not_disturb', 'conversations', 'drafts',
];

export class ImlibV4 {
  constructor(sdk, { appKey, options, transport }, emit) {
    this.emit = emit;
    this.sdk = sdk;
    this.status = null;
    this.im = sdk.init({
      appkey: appKey,
      navigators: options.naviServer ? [options.naviServer] : undefined,
      logLevel: 3,
      indexDBSwitch: false,
      ...(transport === 'comet' ? { connectType: 'comet' } : {}),
    });
    this.port = new V4Port(this.im);
    this.saw = features.equip(this, this.port, emit);
    this.im.watch({
      status: ({ status }) => this.changed(STATUS[status] ?? `unknown_${status}`),
      message: ({ message }) => this.received(message),
      ...this.port.watched(),
    });
  }

  /** Equal neighbours are one state: the SDK reports several of its own where the documentation has one. */
  changed(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('onConnectionStatusChanged', { status });
  }

  received(raw) {
    if (this.saw(raw) || this.port.signalled(raw)) return;
    this.emit('onMessageReceived', { message: canonical(raw), offline: raw.isOffLineMessage });
  }

  connect({ token }) {
    this.im.connect({ token }).then(
      ({ id }) => {
        this.port.user = id;
        this.emit('onConnected', { code: 0, userId: id });
      },
      (error) => this.emit('onConnected', { code: codeOf(error), userId: '' }),
    );
    return { code: 0 };
  }

  disconnect() {
    this.im.disconnect();
    return { code: 0 };
  }
}
