// imlib-v4 (engine 5.2.5): its API mapped to the documented engine's methods and callbacks.

import { canonical, codeOf, conversationNumber, outgoing } from './messages.mjs';

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

export const EVENTS = ['onConnected', 'onConnectionStatusChanged', 'onMessageReceived', 'onMessageSent'];
export const METHODS = [
  'create', 'destroy', 'connect', 'disconnect', 'sendMessage', 'createTextMessage', 'createCustomMessage',
];

/** What it can do beyond connecting, sending and receiving. It hands over whatever is pushed, twice if it comes twice. */
export const CAPABILITIES = [];

export class ImlibV4 {
  constructor(sdk, { appKey, options, transport }, emit) {
    this.emit = emit;
    this.sdk = sdk;
    this.registered = new Set();
    this.status = null;
    this.im = sdk.init({
      appkey: appKey,
      navigators: options.naviServer ? [options.naviServer] : undefined,
      logLevel: 3,
      indexDBSwitch: false,
      ...(transport === 'comet' ? { connectType: 'comet' } : {}),
    });
    this.im.watch({
      status: ({ status }) => this.changed(STATUS[status] ?? `unknown_${status}`),
      message: ({ message }) => this.received(message),
      conversation() {},
      expansion() {},
      typingStatus() {},
      tag() {},
      pullFinished() {},
      messageBlocked() {},
    });
  }

  /** Equal neighbours are one state: the SDK reports several of its own where the documentation has one. */
  changed(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('onConnectionStatusChanged', { status });
  }

  received(raw) {
    this.emit('onMessageReceived', { message: canonical(raw), offline: raw.isOffLineMessage });
  }

  connect({ token }) {
    this.im.connect({ token }).then(
      ({ id }) => this.emit('onConnected', { code: 0, userId: id }),
      (error) => this.emit('onConnected', { code: codeOf(error), userId: '' }),
    );
    return { code: 0 };
  }

  disconnect() {
    this.im.disconnect();
    return { code: 0 };
  }

  sendMessage({ message }) {
    const out = outgoing(message);
    if (out.problem) return { unsupported: out.problem };
    const type = conversationNumber(message.conversationType);
    if (!type || !message.targetId) return { code: 1 };
    if (out.own && !this.registered.has(out.objectName)) {
      this.im.registerMessageType(out.objectName, out.persisted, out.counted, []);
      this.registered.add(out.objectName);
    }
    const conversation = this.im.Conversation.get({ type, targetId: message.targetId });
    const echo = (raw, sentStatus) => ({ ...message, ...(raw ? canonical(raw) : {}), sentStatus });
    conversation
      .send({
        messageType: out.objectName,
        content: out.content,
        isPersited: out.persisted,
        isCounted: out.counted,
      })
      .then(
        (raw) => this.emit('onMessageSent', { code: 0, message: echo(raw, 'sent') }),
        (error) => this.emit('onMessageSent', { code: codeOf(error), message: echo(null, 'failed') }),
      );
    return { code: 0 };
  }
}
