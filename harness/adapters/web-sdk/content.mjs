// Contents of messages between the wire's JSON, as the SDKs hand it over, and the documented properties.

/** Documented type, object name, and the pairs of documented property and key in the body. */
const KINDS = [
  ['text', 'RC:TxtMsg', { text: 'content' }],
  ['image', 'RC:ImgMsg', { remote: 'imageUri', thumbnailBase64String: 'content' }],
  ['voice', 'RC:HQVCMsg', { remote: 'remoteUrl', duration: 'duration' }],
  ['voice', 'RC:VcMsg', { duration: 'duration' }],
  ['file', 'RC:FileMsg', { remote: 'fileUrl', name: 'name', size: 'size', fileType: 'type' }],
  ['sight', 'RC:SightMsg', {
    remote: 'sightUrl', thumbnailBase64String: 'content', duration: 'duration', size: 'size', name: 'name',
  }],
  ['gif', 'RC:GIFMsg', { remote: 'remoteUrl', dataSize: 'gifDataSize', width: 'width', height: 'height' }],
  ['location', 'RC:LBSMsg', { longitude: 'longitude', latitude: 'latitude', poiName: 'poi' }],
  ['command', 'RC:CmdMsg', { name: 'name', data: 'data' }],
  ['command_notification', 'RC:CmdNtf', { name: 'name', data: 'data' }],
  ['reference', 'RC:ReferenceMsg', { text: 'content' }],
];

/** Kinds an app can make; the others come from the server alone. */
const SENDABLE = new Set(['text', 'location', 'reference', 'image', 'voice', 'file', 'sight', 'gif']);

const given = (value) => value !== undefined && value !== null;

/** Object name and body of a canonical message; undefined: the SDKs make none of that kind. */
export function body(message) {
  const { messageType: kind } = message;
  if (kind === 'custom') return { objectName: message.identifier, content: { ...message.fields } };
  const known = SENDABLE.has(kind) && KINDS.find(([name]) => name === kind);
  if (!known) return undefined;
  const [, objectName, keys] = known;
  const content = {};
  for (const [name, key] of Object.entries(keys)) if (given(message[name])) content[key] = message[name];
  if (kind === 'location') content.content = '';
  if (kind === 'reference') Object.assign(content, quotation(message.referenceMessage ?? {}));
  return { objectName, content };
}

/** What a reference message says of the message it quotes. */
function quotation(quoted) {
  const made = body(quoted);
  const content = made ? { ...made.content, ...beside(quoted) } : JSON.parse(quoted.rawData ?? '{}');
  return {
    referMsgUserId: quoted.senderUserId ?? '',
    referMsg: content,
    referMsgUid: quoted.messageUId ?? '',
    objName: made?.objectName ?? quoted.objectName,
  };
}

/** What any message can carry beside its content. */
export function beside({ extra, userInfo, mentionedInfo }) {
  const parts = {};
  if (given(extra)) parts.extra = extra;
  if (given(userInfo)) {
    const { userId, name, portrait, alias, extra: more } = userInfo;
    parts.user = { id: userId, name, portrait, ...(given(alias) && { alias }), ...(given(more) && { extra: more }) };
  }
  if (given(mentionedInfo)) {
    const { type, userIdList, mentionedContent = '' } = mentionedInfo;
    parts.mentionedInfo = { type: type === 'all' ? 1 : 2, userIdList: userIdList ?? [], mentionedContent };
  }
  return parts;
}

/** The documented properties of a body; `base` names the conversation that a quoted message stands in. */
export function properties(objectName, whole, base) {
  const { extra, user, mentionedInfo, ...rest } = whole ?? {};
  const common = {};
  if (typeof extra === 'string') common.extra = extra;
  if (user) {
    const { id = '', name = '', portrait, portraitUri = '', alias, extra: more } = user;
    const optional = { ...(given(alias) && { alias }), ...(given(more) && { extra: more }) };
    common.userInfo = { userId: id, name, portrait: portrait || portraitUri, ...optional };
  }
  if (mentionedInfo) {
    const { type, userIdList, mentionedContent } = mentionedInfo;
    const kind = type === 1 ? 'all' : 'part';
    common.mentionedInfo = { type: kind, userIdList: userIdList ?? [], mentionedContent: mentionedContent ?? '' };
  }
  if (objectName === 'RC:RcNtf') {
    const { admin = false, delete: deleted = false, recallTime, recallActionTime } = rest;
    return { messageType: 'recall', admin, deleted, recallTime, recallActionTime };
  }
  const known = KINDS.find(([, name]) => name === objectName);
  if (known) {
    const [messageType, , keys] = known;
    const own = { messageType };
    for (const [name, key] of Object.entries(keys)) if (given(rest[key])) own[name] = rest[key];
    if (messageType === 'reference') own.referenceMessage = quoted(rest, base);
    return { ...own, ...common };
  }
  const flat = Object.values(rest).every((value) => typeof value === 'string');
  if (flat && typeof whole === 'object' && !Array.isArray(whole) && !objectName.startsWith('RC:')) {
    return { messageType: 'custom', identifier: objectName, fields: rest, ...common };
  }
  // The documented fields are texts by name; the SDKs have no word for anything else.
  return { messageType: 'unknown', rawData: JSON.stringify(whole) };
}

function quoted({ objName, referMsg, referMsgUserId, referMsgUid }, base) {
  const own = { objectName: objName, senderUserId: referMsgUserId, messageUId: referMsgUid };
  return { ...base, ...own, ...properties(objName ?? '', referMsg, base) };
}
