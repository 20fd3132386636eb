// The vendor's Node.js server SDK, unmodified, against the address given: one JSON line a call.
// `node calls.js URL APP_KEY APP_SECRET`
'use strict';

const [api, appkey, secret] = process.argv.slice(2);
const rc = require('rongcloud-sdk')({ appkey, secret, api });

// What it logs of refusals must not get between the lines.
for (const name of ['log', 'info', 'warn', 'error']) console[name] = () => {};

const text = (content) => ({ objectName: 'RC:TxtMsg', content: { content }, pushContent: '', pushData: '' });
const alice = { id: 'alice' };
const bob = { id: 'bob' };
const carol = { id: 'carol' };
const uid = (answer) => answer.messageUIDs[0].messageUID;

// Each call with a name, in order; it is given the earlier answers by theirs.
const calls = [
  ['register alice', () => rc.User.register({ id: 'alice', name: 'Alice 爱', portrait: 'http://127.0.0.1/a.png?x=1&y=2' })],
  ['register bob', () => rc.User.register({ id: 'bob', name: 'Bob', portrait: 'http://127.0.0.1/b.png' })],
  ['register carol', () => rc.User.register({ id: 'carol', name: 'Carol', portrait: 'http://127.0.0.1/c.png' })],
  ['update bob', () => rc.User.update({ id: 'bob', name: 'Robert', portrait: 'http://127.0.0.1/b.png' })],
  ['online alice', () => rc.User.OnlineStatus.get(alice)],
  ['online bob', () => rc.User.OnlineStatus.get(bob)],
  ['block bob', () => rc.User.Block.add({ id: 'bob', minute: 10 })],
  ['blocked', () => rc.User.Block.getList()],
  ['unblock bob', () => rc.User.Block.remove(bob)],
  ['blacklist bob', () => rc.User.Blacklist.add({ id: 'alice', blacklist: [bob] })],
  ['blacklist of alice', () => rc.User.Blacklist.getList(alice)],
  ['unblacklist bob', () => rc.User.Blacklist.remove({ id: 'alice', blacklist: [bob] })],
  ['tag alice', () => rc.User.Tag.set({ id: 'alice', tags: ['vip', 'north'] })],
  ['tag both', () => rc.User.Tag.batchSet({ users: [bob, carol], tags: ['new'] })],
  ['tags', () => rc.User.Tag.getList([alice, bob])],
  ['push', () => rc.Push.push({
    platform: ['ios', 'android'], audience: { userid: ['alice'], is_to_all: false },
    notification: { alert: 'a push', ios: { title: 'Title', alert: 'for iOS' } },
  })],
  ['push message', () => rc.Push.message({
    platform: ['ios', 'android'], fromUserId: 'office', audience: { tag: ['vip'], tag_or: ['north', 'south'], is_to_all: false },
    message: { content: JSON.stringify({ content: 'to northern VIPs' }), objectName: 'RC:TxtMsg' },
    notification: { alert: 'a push' },
  })],
  ['untag both', () => rc.User.Tag.batchRemove({ users: [bob, carol] })],
  ['untag alice', () => rc.User.Tag.remove(alice)],
  ['tags after', () => rc.User.Tag.getList([alice, bob])],

  ['private', () => rc.Message.Private.send({
    senderId: 'bob', targetId: 'alice', ...text('from the Node SDK & 爱'), isPersisted: 1, isCounted: 1, isIncludeSender: 1,
  })],
  ['template', () => rc.Message.Private.sendTemplate({
    senderId: 'bob', objectName: 'RC:TxtMsg', template: { content: 'Dear {name}: {n}' },
    content: {
      alice: { data: { '{name}': 'Alice', '{n}': '1' }, push: 'for {name}', pushData: 'd' },
      carol: { data: { '{name}': 'Carol', '{n}': '2' } },
    },
  })],
  ['recall', (answers) => rc.Message.Private.recall({
    senderId: 'bob', targetId: 'alice', objectName: 'RC:TxtMsg', uId: uid(answers.private), sentTime: 1, isAdmin: 1,
  })],
  ['system', () => rc.Message.System.send({ senderId: 'office', targetId: ['alice', 'bob'], ...text('to both') })],
  ['system template', () => rc.Message.System.sendTemplate({
    senderId: 'office', objectName: 'RC:TxtMsg', template: { content: 'code {code}' },
    content: { alice: { data: { '{code}': '42' }, push: '', pushData: '' } },
  })],
  ['broadcast', () => rc.Message.System.broadcast({ senderId: 'office', ...text('to all') })],
  ['log', () => rc.Message.History.get({ date: '2026010106' })],
  ['remove log', () => rc.Message.History.remove({ date: '2026010106' })],
  ['log after', () => rc.Message.History.get({ date: '2026010106' })],

  ['create group', () => rc.Group.create({ id: 'g1', name: 'Team 一', members: [alice, bob] })],
  ['join group', () => rc.Group.join({ id: 'g1', name: 'Team 一', member: carol })],
  ['rename group', () => rc.Group.update({ id: 'g1', name: 'Team' })],
  ['sync groups', () => rc.Group.sync({ id: 'carol', groups: [{ id: 'g1', name: 'Team' }, { id: 'g2', name: 'Spare' }] })],
  ['members', () => rc.Group.get({ id: 'g1' })],
  ['mute carol', () => rc.Group.Gag.add({ id: 'g1', members: [carol], minute: 10 })],
  ['muted', () => rc.Group.Gag.getList({ id: 'g1' })],
  ['unmute carol', () => rc.Group.Gag.remove({ id: 'g1', members: [carol] })],
  ['mute member', () => rc.Group.Mute.Member.add({ id: 'g1', members: [carol], minute: 10 })],
  ['muted members', () => rc.Group.Mute.Member.getList({ id: 'g1' })],
  ['unmute member', () => rc.Group.Mute.Member.remove({ id: 'g1', members: [carol] })],
  ['mute group', () => rc.Group.Mute.All.add({ groups: [{ id: 'g1' }] })],
  ['muted groups', () => rc.Group.Mute.All.getList()],
  ['let bob speak', () => rc.Group.Mute.Whitelist.add({ id: 'g1', members: [bob] })],
  ['speakers', () => rc.Group.Mute.Whitelist.getList({ id: 'g1' })],
  ['let bob not speak', () => rc.Group.Mute.Whitelist.remove({ id: 'g1', members: [bob] })],
  ['unmute group', () => rc.Group.Mute.All.remove({ groups: [{ id: 'g1' }] })],
  ['quit group', () => rc.Group.quit({ id: 'g1', member: carol })],
  ['dismiss group', () => rc.Group.dismiss({ id: 'g2', member: carol })],
  ['group', () => rc.Message.Group.send({
    senderId: 'bob', targetId: 'g1', ...text('to the team'), isPersisted: 1, isIncludeSender: 0,
  })],
  ['mention', () => rc.Message.Group.sendMention({
    senderId: 'bob', targetId: 'g1', objectName: 'RC:TxtMsg', pushContent: '', pushData: '',
    content: { content: '@alice', mentionedInfo: { type: 2, userIds: ['alice'], pushContent: '' } },
  })],
  ['recall group', (answers) => rc.Message.Group.recall({
    senderId: 'bob', targetId: 'g1', objectName: 'RC:TxtMsg', uId: uid(answers.group), sentTime: 1, isDelete: 1,
  })],

  ['disturb not', () => rc.Conversation.mute({ type: 'GROUP', userId: 'alice', targetId: 'g1' })],
  ['disturb', () => rc.Conversation.unmute({ type: 'GROUP', userId: 'alice', targetId: 'g1' })],
  ['disturb not again', () => rc.Conversation.mute({ type: 'PRIVATE', userId: 'alice', targetId: 'bob' })],
];

// Refused by the service; the SDK resolves all the same.
const refused = [
  ['discussion', () => rc.Message.Discussion.send({ senderId: 'bob', targetId: 'd1', ...text('retired') })],
  ['recall discussion', () => rc.Message.Discussion.recall({
    senderId: 'bob', targetId: 'd1', objectName: 'RC:TxtMsg', uId: 'x', sentTime: 1,
  })],
  ['recall nothing', () => rc.Message.Private.recall({
    senderId: 'bob', targetId: 'alice', objectName: 'RC:TxtMsg', uId: 'x', sentTime: 1,
  })],
  ['rename nothing', () => rc.Group.update({ id: 'none', name: 'n' })],
];

(async () => {
  const answers = {};
  for (const [call, make] of [...calls, ...refused.map(([name, make]) => [`refused: ${name}`, make])]) {
    let answer;
    try {
      answer = await make(answers);
    } catch (error) {
      answer = { thrown: error && error.code !== undefined ? error : `${error && error.stack || error}` };
    }
    answers[call] = answer;
    process.stdout.write(`${JSON.stringify({ call, answer })}\n`);
  }
})();
