// imlib-next (engines 5.3 and later): its API mapped to the documented engine's methods and callbacks.

import { canonical, codeOf, conversationNumber, outgoing } from './messages.mjs';
import * as features from './next-features.mjs';

const KICKED = new Set([6, 31010]);
const BLOCKED = new Set([9, 31011, 31009]);
const TOKEN = new Set([31004, 31020]);

export const EVENTS = [
  'onConnected', 'onConnectionStatusChanged', 'onMessageReceived', 'onMessageSent', ...features.EVENTS,
];
export const METHODS = [
  'create', 'destroy', 'connect', 'disconnect', 'sendMessage', 'createTextMessage', 'createCustomMessage',
  ...features.METHODS,
];
export const CAPABILITIES = ['doubled_pushes', 'receipts', 'typing', 'recall', 'history', 'expansion'];

export class ImlibNext {
  constructor(sdk, { appKey, options, transport }, emit) {
    this.sdk = sdk;
    this.emit = emit;
    this.types = new Map();
    this.status = null;
    const { Events } = sdk;
    sdk.init({
      appkey: appKey,
      navigators: options.naviServer ? [options.naviServer] : undefined,
      logLevel: 4,
      logOutputLevel: 4,
      ...(transport === 'comet' ? { connectType: 'comet' } : {}),
    });
    const on = (event, act) => sdk.addEventListener(event, act);
    on(Events.CONNECTING, () => this.changed('connecting'));
    on(Events.CONNECTED, () => this.changed('connected'));
    on(Events.SUSPEND, () => this.changed('suspend'));
    on(Events.DISCONNECT, (code) => this.changed(disconnected(code)));
    this.features = new features.Features(sdk, emit);
    for (const name of features.METHODS) this[name] = (args) => this.features[name](args);
    on(Events.MESSAGES, ({ messages }) => messages.forEach((raw) => this.received(raw)));
  }

  changed(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('onConnectionStatusChanged', { status });
  }

  received(raw) {
    if (this.features.saw(raw)) return;
    this.emit('onMessageReceived', { message: canonical(raw), offline: raw.isOffLineMessage });
  }

  connect({ token }) {
    this.sdk.connect(token).then(
      ({ code, data }) => this.emit('onConnected', { code, userId: code === 0 ? data.userId : '' }),
      (error) => this.emit('onConnected', { code: codeOf(error), userId: '' }),
    );
    return { code: 0 };
  }

  disconnect({ receivePush }) {
    this.sdk.disconnect(false, receivePush === false);
    return { code: 0 };
  }

  sendMessage({ message }) {
    const out = outgoing(message);
    if (out.problem) return { unsupported: out.problem };
    const conversationType = conversationNumber(message.conversationType);
    if (!conversationType || !message.targetId) return { code: 1 };
    const Type = this.type(out);
    const conversation = { conversationType, targetId: message.targetId };
    const echo = (raw, sentStatus) => ({ ...message, ...(raw ? canonical(raw) : {}), sentStatus });
    this.sdk.sendMessage(conversation, new Type(out.content)).then(
      ({ code, data }) => {
        const sentStatus = code === 0 ? 'sent' : 'failed';
        if (code === 0) this.features.saw(data);
        this.emit('onMessageSent', { code, message: echo(code === 0 ? data : null, sentStatus) });
      },
      (error) => this.emit('onMessageSent', { code: codeOf(error), message: echo(null, 'failed') }),
    );
    return { code: 0 };
  }

  type(out) {
    if (!out.own) return this.sdk.TextMessage;
    if (!this.types.has(out.objectName)) {
      this.types.set(out.objectName, this.sdk.registerMessageType(out.objectName, out.persisted, out.counted));
    }
    return this.types.get(out.objectName);
  }
}

function disconnected(code) {
  if (KICKED.has(code)) return 'kicked_offline_by_other_client';
  if (BLOCKED.has(code)) return 'conn_user_blocked';
  if (TOKEN.has(code)) return 'token_incorrect';
  return code === 2 ? 'sign_out' : 'unconnected';
}
