// The SDK generations this adapter knows, and how each is loaded.

import { Tags } from './features/tags.mjs';

const v4 = (engine) => ({ kind: 'v4', package: '@rongcloud/imlib-v4', engine });
const next = (engine) => ({ kind: 'next', package: '@rongcloud/imlib-next', engine });

export const VERSIONS = {
  '4.2.3': v4('4.2.6'),
  '4.2.6': v4('4.2.6'),
  '4.5.1': v4('4.5.5'),
  '4.6.4': v4('5.2.5'),
  '5.2.0': next('5.2.0'),
  '5.2.1': next('5.2.1'),
  '5.3.4': next('5.3.4'),
  '5.7.3': next('5.7.3'),
  '5.28.0': next('5.28.0'),
  '5.36.7': next('5.36.7'),
  '5.38.0': next('5.38.0'),
};

/** What came with a later version: methods, callbacks, and arguments of callbacks. Versions in between are not looked at. */
const SINCE = {
  ...Object.fromEntries([...Tags.METHODS, ...Tags.EVENTS].map((name) => [name, [4, 5]])),
  addChatRoomEntries: [4, 6],
  removeChatRoomEntries: [4, 6],
  onChatRoomMemberChanged: [4, 6],
  onChatRoomStatusChanged: [4, 6],
  onChatRoomEntriesSynced: [5, 28],
  'onChatRoomStatusChanged.status': [5, 38],
};

/** Whether this version has that method or callback, or tells that argument. */
export function has(version, name) {
  const [major, minor] = version.split('.').map(Number);
  const [since, after] = SINCE[name] ?? [0, 0];
  return major > since || (major === since && minor >= after);
}

export function knownVersions() {
  return Object.keys(VERSIONS).join(', ');
}
