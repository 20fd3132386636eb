// Messages between the SDKs' shapes and the documented engine's.

import { beside, body, properties } from './content.mjs';

const TYPES = [undefined, 'private', 'discussion', 'group', 'chatroom', 'customer_service', 'system'];
TYPES[10] = 'ultra_group';

export function conversationNumber(type) {
  const number = TYPES.indexOf(type);
  return number > 0 ? number : undefined;
}

export function conversationName(number) {
  return TYPES[number] ?? String(number);
}

/** The code of what an SDK's promise was rejected with: a number, or an object that has one. */
export function codeOf(error) {
  return typeof error === 'number' ? error : (error?.code ?? -1);
}

/** Stored, counted as unread: by the policy of a custom message. */
const POLICIES = { normal: [true, true], storage: [true, false], command: [false, false], status: [false, false] };

/**
 * What to hand to an SDK for a canonical message: object name, content, how it is kept, and the options beside it; or a
 * sentence why it cannot be. `users`: the members of a group who alone are to get it.
 */
export function outgoing(message, users) {
  const made = message && body(message);
  if (!made) return { problem: `messages of type ${message?.messageType} are not sent by the web SDKs` };
  const policy = message.messageType === 'custom' ? (message.policy ?? 'normal') : 'normal';
  const [persisted, counted] = POLICIES[policy];
  const { mentionedInfo, ...parts } = beside(message);
  return {
    objectName: made.objectName,
    content: { ...made.content, ...parts, ...(mentionedInfo && { mentionedInfo }) },
    persisted,
    counted,
    status: policy === 'status',
    own: message.messageType === 'custom',
    options: {
      ...(policy === 'status' && { isStatusMessage: true }),
      ...(mentionedInfo && {
        isMentioned: true, mentionedType: mentionedInfo.type, mentionedUserIdList: mentionedInfo.userIdList,
      }),
      ...expandable(message.expansion),
      ...(users && { directionalUserIdList: users }),
      ...pushes(message.pushOptions),
    },
  };
}

/** The newer generation takes no empty expansion; a message can be expanded without. */
function expandable(expansion) {
  if (!expansion) return {};
  return { canIncludeExpansion: true, ...(Object.keys(expansion).length > 0 && { expansion }) };
}

/** How a message is pushed to those who are away. */
function pushes(options) {
  if (!options) return {};
  const { iOSPushOptions: ios = {}, androidPushOptions: android = {} } = options;
  return {
    disableNotification: options.disableNotification === true,
    isVoipPush: options.voIPPush === true,
    pushConfig: {
      pushTitle: options.pushTitle ?? '',
      pushContent: options.pushContent ?? '',
      pushData: options.pushData ?? '',
      templateId: options.templateId ?? '',
      disablePushTitle: options.disablePushTitle === true,
      forceShowDetailContent: options.forceShowDetailContent === true,
      iOSConfig: ios,
      androidConfig: {
        notificationId: android.notificationId,
        channelIdMi: android.channelIdMi,
        miLargeIconUrl: android.imageUrlMi,
        channelIdHW: android.channelIdHW,
        importanceHW: android.importanceHW,
        imageUrlHW: android.imageUrlHW,
        channelIdOPPO: android.channelIdOPPO,
        typeVivo: android.pushTypeVIVO,
        googleConfig: { collapseKey: android.collapseKeyFCM, imageUrl: android.imageUrlFCM },
      },
    },
  };
}

/** The canonical message of what an SDK hands over. Only what is known gets a key. */
export function canonical(raw, known = {}) {
  const conversationType = conversationName(raw.conversationType ?? raw.type);
  const base = { conversationType, targetId: raw.targetId, channelId: raw.channelId ?? '' };
  return {
    ...base,
    objectName: raw.messageType,
    messageUId: raw.messageUId || undefined,
    sentTime: raw.sentTime || undefined,
    senderUserId: raw.senderUserId,
    direction: raw.messageDirection === 1 ? 'send' : 'receive',
    sentStatus: raw.messageDirection === 1 ? 'sent' : 'received',
    offLine: typeof raw.isOffLineMessage === 'boolean' ? raw.isOffLineMessage : undefined,
    expansion: raw.canIncludeExpansion ? (raw.expansion ?? {}) : undefined,
    ...known,
    ...properties(raw.messageType, raw.content, base),
  };
}
