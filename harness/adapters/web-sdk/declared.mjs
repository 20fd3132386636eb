// What a web SDK of some version can do, for a hello. Runs in Node and in pages.

import * as next from './imlib-next.mjs';
import * as v4 from './imlib-v4.mjs';
import { VERSIONS, has } from './versions.mjs';

/** What any web SDK can do. */
const ANY = ['restart', 'several_devices', 'private', 'group', 'system', 'chatroom', 'offline_messages'];

/** The newest: what is said of a bundle whose version nobody knows. */
const NEWEST = Object.keys(VERSIONS).at(-1);

/** The fields of a hello for that version, or for a bundle of that `kind`; `own`: what the adapter can do besides. */
export function declared(version, own = [], kind = VERSIONS[version]?.kind) {
  const known = VERSIONS[version];
  const like = known ? version : NEWEST;
  const { METHODS, EVENTS, CAPABILITIES, UNKNOWN } = kind === 'v4' ? v4 : next;
  return {
    version,
    sdk: known ? `${known.package} ${version}, engine ${known.engine}` : version,
    capabilities: [...own, ...ANY, ...CAPABILITIES],
    platforms: ['Web'],
    methods: METHODS.filter((name) => has(like, name)),
    events: EVENTS.filter((name) => has(like, name)),
    // Keys of event arguments that the SDK never tells.
    unknownArgs: {
      onMessageReceived: ['left', 'hasPackage', 'message.policy', 'message.receivedStatus'],
      onMessageSent: ['message.messageId'],
      onGroupMessageReadReceiptResponseReceived: ['respondUserIds'],
      onRemoteMessageExpansionForKeyRemoved: ['message.expansion'],
      onChatRoomMessagesLoaded: ['syncTime'],
      onChatRoomStatusChanged: has(like, 'onChatRoomStatusChanged.status') ? [] : ['status'],
      ...UNKNOWN,
    },
  };
}
