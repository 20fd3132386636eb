// Every call about chatrooms that the vendor's Node.js server SDK has, unmodified: one JSON line a call.
// `node rooms.js URL APP_KEY APP_SECRET`
'use strict';

const [api, appkey, secret] = process.argv.slice(2);
const { Chatroom, Message } = require('rongcloud-sdk')({ appkey, secret, api });

// What it logs of refusals must not get between the lines.
for (const name of ['log', 'info', 'warn', 'error']) console[name] = () => {};

const text = (content) => ({ objectName: 'RC:TxtMsg', content: { content } });
const bob = [{ id: 'bob' }];
const { Block, Ban, Gag, KeepAlive, Demotion, Distribute, Whitelist } = Chatroom;
const say = (content, targetId = 'hall') => Message.Chatroom.send({ senderId: 'office', targetId, ...text(content) });

const calls = [
  ['create', () => Chatroom.create([{ id: 'attic', name: 'Attic 爱' }, { id: 'shed', name: 'Shed' }])],
  ['members', () => Chatroom.get({ id: 'hall', count: 500, order: 1 })],
  ['exist', () => Chatroom.isExist({ id: 'hall', members: [{ id: 'alice' }, { id: 'zoe' }] })],
  ['send', () => say('to the hall')],
  ['send to several', () => say('to both', ['hall', 'attic'])],
  ['broadcast', () => Message.Chatroom.broadcast({ senderId: 'office', ...text('to all rooms') })],
  ['stop', () => Distribute.stop({ id: 'hall' })],
  ['send in vain', () => say('unheard')],
  ['resume', () => Distribute.resume({ id: 'hall' })],
  ['send again', () => say('heard')],
  ['mute', () => Gag.add({ id: 'hall', members: [{ id: 'alice' }, { id: 'bob' }], minute: 10 })],
  ['unmute bob', () => Gag.remove({ id: 'hall', members: bob, memberIds: 'bob' })],
  ['muted', () => Gag.getList({ id: 'hall' })],
  ['mute bob everywhere', () => Ban.add({ members: bob, minute: 10 })],
  ['muted everywhere', () => Ban.getList()],
  ['unmute bob everywhere', () => Ban.remove({ members: bob })],
  ['block', () => Block.add({ id: 'hall', members: [{ id: 'bob' }, { id: 'zoe' }], minute: 10 })],
  ['unblock zoe', () => Block.remove({ id: 'hall', members: [{ id: 'zoe' }] })],
  ['blocked', () => Block.getList({ id: 'hall' })],
  ['keep alive', () => KeepAlive.add({ id: 'hall' })],
  ['kept alive', () => KeepAlive.getList()],
  ['keep alive no longer', () => KeepAlive.remove({ id: 'hall' })],
  ['demote', () => Demotion.add({ msgs: ['RC:VcMsg', 'RC:ImgMsg'] })],
  ['promote', () => Demotion.remove({ msgs: ['RC:ImgMsg'] })],
  ['demoted', () => Demotion.getList()],
  ['keep types', () => Whitelist.Message.add({ msgs: ['RC:TxtMsg', 'RC:ImgMsg'] })],
  ['keep images no longer', () => Whitelist.Message.remove({ msgs: ['RC:ImgMsg'] })],
  ['kept types', () => Whitelist.Message.getList()],
  ['keep users', () => Whitelist.User.add({ id: 'hall', members: [{ id: 'alice' }, { id: 'zoe' }] })],
  ['keep zoe no longer', () => Whitelist.User.remove({ id: 'hall', members: [{ id: 'zoe' }] })],
  ['kept users', () => Whitelist.User.getList({ id: 'hall' })],
  ['destroy', () => Chatroom.destroy({ id: 'cellar' })],
  ['refused: stop', () => Distribute.stop({ id: 'none' })],
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
