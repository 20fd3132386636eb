// The vendor's Node.js server SDK, unmodified, against the address given: one JSON line a call.
// `node calls.js URL APP_KEY APP_SECRET`
'use strict';

const [api, appkey, secret] = process.argv.slice(2);
const rc = require('rongcloud-sdk')({ appkey, secret, api });

// What it logs of refusals must not get between the lines.
for (const name of ['log', 'info', 'warn', 'error']) console[name] = () => {};

const calls = [
  ['register alice', () => rc.User.register({ id: 'alice', name: 'Alice 爱', portrait: 'http://127.0.0.1/a.png?x=1&y=2' })],
  ['register bob', () => rc.User.register({ id: 'bob', name: 'Bob', portrait: 'http://127.0.0.1/b.png' })],
  ['update bob', () => rc.User.update({ id: 'bob', name: 'Robert', portrait: 'http://127.0.0.1/b.png' })],
  ['online bob', () => rc.User.OnlineStatus.get({ id: 'bob' })],
  ['block bob', () => rc.User.Block.add({ id: 'bob', minute: 10 })],
  ['blocked', () => rc.User.Block.getList()],
  ['unblock bob', () => rc.User.Block.remove({ id: 'bob' })],
  ['blacklist bob', () => rc.User.Blacklist.add({ id: 'alice', blacklist: [{ id: 'bob' }] })],
  ['blacklist of alice', () => rc.User.Blacklist.getList({ id: 'alice' })],
  ['unblacklist bob', () => rc.User.Blacklist.remove({ id: 'alice', blacklist: [{ id: 'bob' }] })],
  ['private', () => rc.Message.Private.send({
    senderId: 'bob', targetId: 'alice', objectName: 'RC:TxtMsg', content: { content: 'from the Node SDK & 爱' },
    pushContent: '', pushData: '', isPersisted: 1, isCounted: 1, isIncludeSender: 0,
  })],
  ['system', () => rc.Message.System.send({
    senderId: 'office', targetId: ['alice', 'bob'], objectName: 'RC:TxtMsg', content: { content: 'to both' },
    pushContent: '', pushData: '',
  })],
  ['create group', () => rc.Group.create({ id: 'g1', name: 'Team 一', members: [{ id: 'alice' }, { id: 'bob' }] })],
  ['join group', () => rc.Group.join({ id: 'g1', name: 'Team 一', member: { id: 'carol' } })],
  ['rename group', () => rc.Group.update({ id: 'g1', name: 'Team' })],
  ['members', () => rc.Group.get({ id: 'g1' })],
  ['mute carol', () => rc.Group.Gag.add({ id: 'g1', members: [{ id: 'carol' }], minute: 10 })],
  ['muted', () => rc.Group.Gag.getList({ id: 'g1' })],
  ['unmute carol', () => rc.Group.Gag.remove({ id: 'g1', members: [{ id: 'carol' }] })],
  ['quit group', () => rc.Group.quit({ id: 'g1', member: { id: 'carol' } })],
  ['group', () => rc.Message.Group.send({
    senderId: 'bob', targetId: 'g1', objectName: 'RC:TxtMsg', content: { content: 'to the team' },
    pushContent: '', pushData: '', isPersisted: 1, isIncludeSender: 0,
  })],
  ['disturb not', () => rc.Conversation.mute({ type: 'GROUP', userId: 'alice', targetId: 'g1' })],
];

(async () => {
  for (const [call, make] of calls) {
    let answer;
    try {
      answer = await make();
    } catch (error) {
      answer = { thrown: error && error.code !== undefined ? error : `${error && error.stack || error}` };
    }
    process.stdout.write(`${JSON.stringify({ call, answer })}\n`);
  }
})();
