// Goal: who is slow, silent or endless is not borne with, and keeps nobody else from being served (B1).
import { KIB, systemRandom } from '@kura/base';
import { STANDARD_LIMITS } from '@kura/wire/server/limits.ts';
import { type Attack, attackGroup } from './attack.ts';
import { COPY_BYTES, SlowScene } from './slow-scene.ts';

const { headMs, idleMs, paceMs, paceBytes } = STANDARD_LIMITS;
/** As many as a store receives at once, and more. */
const MANY = 20;

const slow: readonly Attack<SlowScene>[] = [
  {
    rows: 'R33',
    name: 'connects, and says nothing',
    answer: 'ended after 10 s',
    play: async (scene) => scene.borne(await scene.connect(), headMs),
  },
  {
    rows: 'R33',
    name: 'never ends its head',
    answer: 'ended after 10 s',
    play: async (scene) => {
      const socket = await scene.connect();
      return scene.borne(socket.write('PUT /v1/copies/'), headMs);
    },
  },
  {
    rows: 'R33',
    name: 'announces a copy, and sends nothing of it',
    answer: 'ended after 20 s',
    play: async (scene) => {
      const socket = await scene.connect();
      return scene.borne(socket.write(scene.receiving()), paceMs);
    },
  },
  {
    rows: 'R33',
    name: 'sends half of a copy, and falls silent',
    answer: 'ended after 40 s',
    play: async (scene) => {
      const socket = await scene.connect();
      socket.write(scene.receiving()).write(systemRandom.bytes(COPY_BYTES / 2));
      return scene.borne(socket, paceMs);
    },
  },
  {
    rows: 'R33',
    name: 'sends a byte less than is asked for in its time',
    answer: 'ended after 20 s',
    play: async (scene) => {
      const socket = await scene.connect();
      socket.write(scene.receiving()).write(systemRandom.bytes(paceBytes - 1));
      return scene.borne(socket, paceMs);
    },
  },
  {
    rows: 'R33',
    name: 'takes every place for copies at once, and sends nothing',
    answer: 'ended after 20 s',
    play: async (scene) => {
      const sockets = await Promise.all(Array.from({ length: MANY }, () => scene.connect()));
      for (const socket of sockets)
        socket.write(scene.receiving()).write(systemRandom.bytes(KIB - 1));
      const [first] = sockets;
      const answer = first === undefined ? 'nobody came' : await scene.borne(first, paceMs);
      await scene.pass(headMs, 2 * idleMs);
      await Promise.all(sockets.map((socket) => socket.ended));
      return answer;
    },
  },
];

export const SLOW_ATTACKS = [attackGroup('a slow line', () => SlowScene.open(), slow)];
