// Goal: what nobody has prepared for is played by the same code: other places, other feeds, other dangers. An
// exercise and a withdrawn message move nothing for long; a warning, a levee and a storm do what they have to.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookAt } from '@kura/coordinator/hazards/replay/history.ts';
import { playFile, STRANGERS, violatedIn } from './play.ts';

describe('manifests of strangers', () => {
  it('A8: a levee in Washington, in one answer of the weather service', async () => {
    const seen = await playFile(STRANGERS, 'kent-2025');
    assert.deepEqual(violatedIn(seen), {});
    const [{ heard } = { heard: [] }] = seen.moments.filter((moment) => moment.heard.length > 0);
    assert.ok((heard[0]?.reading.reports.length ?? 0) > 30);
  });

  it('A8: the Nankai Trough is likelier to move, and none has come: copies leave the whole coast', async () => {
    const seen = await playFile(STRANGERS, 'nankai-2020');
    assert.deepEqual(violatedIn(seen), {});
    const left = new Set(
      seen.history.copies.filter(({ isFirst }) => !isFirst).map(({ site }) => site),
    );
    assert.deepEqual([...left].sort(), ['ishikari', 'seoul']);
  });

  it('an exercise moves nothing, whatever it says', async () => {
    const seen = await playFile(STRANGERS, 'exercise-2016');
    assert.deepEqual(violatedIn(seen), {});
    assert.deepEqual([seen.history.writes, seen.history.moves], [[], []]);
    const ignored = seen.moments.flatMap(({ heard }) =>
      heard.map(({ reading }) => reading.ignored),
    );
    assert.deepEqual(ignored, [{ exercise: 1 }, { exercise: 1 }]);
  });

  it('a withdrawn earthquake counts nothing from the next poll on', async () => {
    const seen = await playFile(STRANGERS, 'withdrawn-2008');
    assert.deepEqual(violatedIn(seen), {});
    const look = lookAt(seen.history, Date.parse('2008-06-13T23:52:00Z'));
    const { lost = 1, base } = look?.risks.get('ichinoseki') ?? {};
    assert.ok(lost - (base?.lost ?? 0) < 1e-12);
  });

  it('a cyclone that GDACS rewrote months later is known as it was, and over when it was', async () => {
    const seen = await playFile(STRANGERS, 'coral-sea-2026');
    assert.deepEqual(violatedIn(seen), {});
    const during = lookAt(seen.history, Date.parse('2026-01-28T18:00:00Z'))?.events ?? [];
    assert.deepEqual(
      during.map(({ kind, state }) => [kind, state]),
      [['cyclone', 'active']],
    );
    assert.ok(during[0]?.endMs === undefined || during[0].isEndAssumed, 'nobody knew its end');
  });

  it('A8: a place far from every city, with one copy of three: none is missing before anything happens', async () => {
    const seen = await playFile(STRANGERS, 'wellington-2016');
    assert.deepEqual(violatedIn(seen), {});
    const { powerAreas, moves, copies } = seen.history;
    assert.equal(
      powerAreas.get('wellington'),
      powerAreas.get('auckland'),
      'the nearest one speaks',
    );
    assert.ok(
      moves.every(({ state }) => state === 'done'),
      'no plan was taken back',
    );
    // Under watch, with the grid in doubt, and still safer than Wellington.
    assert.equal(copies.filter(({ site }) => site === 'auckland').length, 3);
  });
});
