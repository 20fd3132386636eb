// The SDK generations this adapter knows, and how each is loaded.

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

/** What came with a later version: callbacks, and arguments of callbacks, that an earlier one never tells. */
const SINCE = [
  [[5, 28], { event: 'onChatRoomEntriesSynced' }],
  [[5, 38], { event: 'onChatRoomStatusChanged', arg: 'status' }],
];

/** Whether this version tells of `event`, or of its argument `arg`. */
export function tells(version, event, arg) {
  const [major, minor] = version.split('.').map(Number);
  const late = SINCE.find(([, what]) => what.event === event && what.arg === arg)?.[0];
  return !late || major > late[0] || (major === late[0] && minor >= late[1]);
}

export function knownVersions() {
  return Object.keys(VERSIONS).join(', ');
}
