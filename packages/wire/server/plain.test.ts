import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type PlainService, servePlain } from './plain.ts';

const page = () => ({ status: 200, type: 'text/plain', text: 'here\n' });

async function begin(
  test: TestContext,
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const answer = async (body: Uint8Array) => {
    if (body.length === 0) throw new Error('what is wrong is for the log of the program');
    return { status: 200, type: 'text/x.size', text: `${body.length}\n` };
  };
  const service: PlainService = await servePlain(
    '127.0.0.1:0',
    { '/page': page, '/both': page },
    { posts: { '/post': { maxBytes: 4, answer }, '/both': { maxBytes: 4, answer } } },
  );
  test.after(() => service.close());
  return (path, init) => fetch(`http://${service.address}${path}`, init);
}

const post = (body: string): RequestInit => ({ method: 'POST', body });

it('a plain service answers fixed paths, each in its own way', async (test) => {
  const ask = await begin(test);
  const got = await ask('/page');
  assert.deepEqual([got.status, await got.text()], [200, 'here\n']);
  const posted = await ask('/post', post('abc'));
  assert.deepEqual(
    [posted.status, posted.headers.get('content-type'), await posted.text()],
    [200, 'text/x.size', '3\n'],
  );
  assert.equal(await (await ask('/both')).text(), 'here\n');
  assert.equal(await (await ask('/both', post('ab'))).text(), '2\n');
});

it('a plain service refuses what it is not for, and says nothing of what went wrong', async (test) => {
  const ask = await begin(test);
  const statusOf = async (path: string, init?: RequestInit): Promise<number> =>
    (await ask(path, init)).status;
  assert.equal(await statusOf('/other'), 404);
  assert.equal(await statusOf('/page', post('a')), 405);
  assert.equal(await statusOf('/post'), 405);
  assert.equal(await statusOf('/post', post('abcde')), 413);
  const failed = await ask('/post', post(''));
  assert.deepEqual([failed.status, await failed.text()], [500, 'the request failed\n']);
  assert.equal(await statusOf('/post', post('abcd')), 200, 'and goes on');
});
