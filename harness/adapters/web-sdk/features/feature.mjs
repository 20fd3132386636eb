// What every group of features shares. Each method answers at once that it was accepted; what the SDK's promise says
// comes as the documented callback.

import { codeOf, conversationName, conversationNumber } from '../messages.mjs';

export const ULTRA_GROUP = 'ultra_group';

/** Only ultra groups have channels; elsewhere a channel says nothing. */
export const sdkConversation = ({ type, conversationType, targetId, channelId }) => ({
  conversationType: conversationNumber(type ?? conversationType),
  targetId,
  ...((type ?? conversationType) === ULTRA_GROUP && { channelId: channelId ?? '' }),
});

/** Whether an SDK's message or conversation is one of an ultra group. */
export const inUltraGroup = ({ conversationType, type }) => conversationName(conversationType ?? type) === ULTRA_GROUP;

export const UNSEEN = { unsupported: 'the SDK wants the message itself, which this client has not seen' };

export const NO_STORE = { unsupported: 'the web SDK has no local store' };

/** Keeps with the case's result what an SDK tells and the documented engine has no callback for. */
export const note = (event, told) => globalThis.process?.send?.({ log: { level: 'info', text: `${event} ${JSON.stringify(told)}` } });

export class Feature {
  /** `known`: messages as the SDK knows them, by UID: some of its methods want them whole. */
  constructor(sdk, emit, known) {
    this.sdk = sdk;
    this.emit = emit;
    this.known = known;
    this.listen((event, act) => sdk.Events[event] && sdk.addEventListener(sdk.Events[event], act));
  }

  /** Overridden by features that hear of something. */
  listen() {}

  /** Takes a message that was received or sent; true if it is none to the app. */
  saw() {
    return false;
  }

  /** Calls the SDK's function of that name, and tells its result as that callback. */
  ask(name, given, event, args, more) {
    const promise = this.sdk[name]?.(...given);
    if (!promise) return { unsupported: `the SDK has no ${name} that takes this` };
    return this.answer(promise, event, args, more);
  }

  /** Tells a result; `more` makes what belongs to a success, `otherwise` belongs to a failure. */
  answer(promise, event, args, more = () => ({}), otherwise = {}) {
    promise.then(
      ({ code, data }) => this.emit(event, { code, ...args, ...(code === 0 ? more(data) : otherwise) }),
      (error) => this.emit(event, { code: codeOf(error), ...args, ...otherwise }),
    );
    return { code: 0 };
  }
}
