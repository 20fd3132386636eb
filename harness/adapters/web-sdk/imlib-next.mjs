// imlib-next (engines 5.3 and later): its API mapped to the documented engine's methods and callbacks.

import * as create from './create.mjs';
import * as features from './features/index.mjs';
import { canonical, codeOf } from './messages.mjs';
import { nextPort } from './next-port.mjs';

const KICKED = new Set([6, 31010]);
const BLOCKED = new Set([9, 31011, 31009]);
const TOKEN = new Set([31004, 31020]);

export const EVENTS = ['onConnected', 'onConnectionStatusChanged', 'onMessageReceived', ...features.EVENTS];
export const METHODS = ['create', 'destroy', 'connect', 'disconnect', ...create.METHODS, ...features.METHODS];
export const CAPABILITIES = [
  'doubled_pushes', 'receipts', 'typing', 'recall', 'history', 'expansion', 'pinning', 'do_not_disturb', 'conversations',
  'drafts', 'ultragroup',
];

/** Fields that this generation never tells. */
export const UNKNOWN = {
  onUltraGroupReadTimeReceived: ['timestamp'],
};

export class ImlibNext {
  constructor(sdk, { appKey, options, transport }, emit) {
    this.sdk = sdk;
    this.emit = emit;
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
    this.saw = features.equip(this, nextPort(sdk), emit);
    on(Events.MESSAGES, ({ messages }) => messages.forEach((raw) => this.received(raw)));
  }

  changed(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('onConnectionStatusChanged', { status });
  }

  received(raw) {
    if (this.saw(raw)) return;
    this.emit('onMessageReceived', { message: canonical(raw), offline: raw.isOffLineMessage ?? false });
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
}

function disconnected(code) {
  if (KICKED.has(code)) return 'kicked_offline_by_other_client';
  if (BLOCKED.has(code)) return 'conn_user_blocked';
  if (TOKEN.has(code)) return 'token_incorrect';
  return code === 2 ? 'sign_out' : 'unconnected';
}
