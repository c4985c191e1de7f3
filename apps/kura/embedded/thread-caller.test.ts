import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ThreadCaller } from './thread-caller.ts';

const program = new URL('./test-thread.ts', import.meta.url);

describe('calls into a thread', () => {
  const callers: ThreadCaller<string>[] = [];
  const start = (onNews: (news: string) => void = () => undefined): ThreadCaller<string> => {
    const caller = new ThreadCaller<string>({ program, onNews });
    callers.push(caller);
    return caller;
  };
  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.end();
  });

  it('each gets its own answer, however many are under way', async () => {
    const caller = start();
    const answers = await Promise.all([1, 2, 3].map((n) => caller.call<number>('double', n)));
    assert.deepEqual(answers, [2, 4, 6]);
  });

  it('an error comes back as what it was, and the thread goes on', async () => {
    const caller = start();
    await assert.rejects(caller.call('refuse', 'full'), { code: 'no_space', message: 'full' });
    await assert.rejects(caller.call('unknown'), /no method unknown/);
    assert.equal(await caller.call('double', 4), 8);
  });

  it('what the thread says unasked, and what it is told, arrive', async () => {
    const heard: string[] = [];
    const caller = start((news) => heard.push(news));
    caller.tell('a secret');
    await caller.call('say', 'hello');
    assert.deepEqual(heard, ['told a secret', 'hello']);
  });

  it('C2: a thread that dies fails every call that waits, and every later one', async () => {
    const caller = start();
    await caller.ready;
    const waiting = assert.rejects(caller.call('never'), { code: 'io' });
    const dying = assert.rejects(caller.call('die'), { code: 'io', message: /ended early/ });
    await Promise.all([waiting, dying]);
    await assert.rejects(caller.call('double', 1), { code: 'io' });
  });

  it('one that is ended on purpose is no death', async () => {
    const caller = start();
    assert.equal(await caller.call('double', 1), 2);
    await caller.end();
    await caller.end();
  });
});
