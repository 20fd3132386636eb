// Messages between the SDKs' shapes and the documented engine's.

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

/** What a message can carry beside its content and the adapter does not hand to the SDKs. */
const UNMAPPED = ['extra', 'userInfo', 'mentionedInfo', 'pushOptions', 'expansion'];

/** What to send for a canonical message, or a sentence why it cannot be. */
export function outgoing(message) {
  const more = UNMAPPED.find((key) => message?.[key] !== undefined && message[key] !== null);
  if (more) return { problem: `messages with \`${more}\` are not mapped yet` };
  switch (message?.messageType) {
    case 'text':
      return { objectName: 'RC:TxtMsg', content: { content: message.text }, persisted: true, counted: true };
    case 'custom': {
      const policy = message.policy ?? 'normal';
      if (policy === 'status') return { problem: 'status messages of an own type are not mapped yet' };
      const persisted = policy !== 'command';
      return {
        objectName: message.identifier,
        content: { ...(message.fields ?? {}) },
        persisted,
        counted: policy === 'normal',
        own: true,
      };
    }
    default:
      return { problem: `messages of type ${message?.messageType} are not mapped yet` };
  }
}

function isFlat(content) {
  return typeof content === 'object' && content !== null && !Array.isArray(content)
    && Object.values(content).every((value) => typeof value === 'string');
}

/** The canonical message of what an SDK hands over. Only what is known gets a key. */
export function canonical(raw, known = {}) {
  const objectName = raw.messageType;
  const message = {
    conversationType: conversationName(raw.conversationType ?? raw.type),
    targetId: raw.targetId,
    channelId: raw.channelId ?? '',
    objectName,
    messageUId: raw.messageUId || undefined,
    sentTime: raw.sentTime || undefined,
    senderUserId: raw.senderUserId,
    direction: raw.messageDirection === 1 ? 'send' : 'receive',
    offLine: typeof raw.isOffLineMessage === 'boolean' ? raw.isOffLineMessage : undefined,
    expansion: raw.canIncludeExpansion && raw.expansion ? raw.expansion : undefined,
    ...known,
  };
  if (objectName === 'RC:TxtMsg') {
    message.messageType = 'text';
    message.text = raw.content?.content;
  } else if (objectName === 'RC:RcNtf') {
    const { admin = false, delete: deleted = false, recallTime, recallActionTime } = raw.content ?? {};
    Object.assign(message, { messageType: 'recall', admin, deleted, recallTime, recallActionTime });
  } else if (objectName.startsWith('RC:')) {
    message.messageType = BUILT_IN[objectName] ?? 'unknown';
    message.rawData = JSON.stringify(raw.content);
  } else if (isFlat(raw.content)) {
    message.messageType = 'custom';
    message.identifier = objectName;
    message.fields = raw.content;
  } else {
    // The documented fields are texts by name; the SDKs have no word for anything else.
    message.messageType = 'unknown';
    message.rawData = JSON.stringify(raw.content);
  }
  return message;
}

const BUILT_IN = {
  'RC:ImgMsg': 'image',
  'RC:HQVCMsg': 'voice',
  'RC:VcMsg': 'voice',
  'RC:FileMsg': 'file',
  'RC:SightMsg': 'sight',
  'RC:GIFMsg': 'gif',
  'RC:ReferenceMsg': 'reference',
  'RC:LBSMsg': 'location',
  'RC:CmdMsg': 'command',
  'RC:CmdNtf': 'command_notification',
  'RC:RcNtf': 'recall',
};
