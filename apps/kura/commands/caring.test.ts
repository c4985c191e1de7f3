import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, type SnapshotId } from '@kura/base';
import { type Ran, run, type Scene, sampleSnapshot } from '../cli/test-host.ts';
import type { RetentionView } from '../removals/port.ts';
import type { RewriteAct, RewriteRequest, Rewriting } from '../rewrite/port.ts';
import type * as request from './requests.ts';
import {
  argumentOf,
  calledOnly,
  FIRST,
  HISTORY,
  HURT_PACK,
  PRUNED,
  REPAIR_PLAN,
  REPAIRED,
  REWRITING,
  records,
  SECOND,
  SNAPSHOTS,
  WHOLE_CHECK,
} from './test-views.ts';
import type * as view from './views.ts';

describe('kura check', () => {
  const HURT = { ...WHOLE_CHECK, hurtPacks: [HURT_PACK], hurtPackCount: 1 };
  const LOST = { ...HURT, lostPackCount: 1, lostSnapshots: [FIRST.id] };

  /** After a recovery from stores that do not hold everything: no pack is missed by its name. */
  const LOST_CHUNK = { ...WHOLE_CHECK, lostSnapshots: [FIRST.id] };

  for (const [name, check, code, text] of [
    ['whole', WHOLE_CHECK, 0, /everything is whole/],
    ['degraded', HURT, 22, /1 of 2 copies intact \(Osaka: the copy is gone\)/],
    ['lost', LOST, 20, /1 pack lost; snapshots hurt: aaaa1111/],
    ['lost from every pack', LOST_CHUNK, 20, /0 packs lost; snapshots hurt: aaaa1111/],
    ['away', { ...HURT, awayPackCount: 1 }, 21, /1 pack cannot be read before a store is back/],
  ] as const) {
    it(`exits with ${code} when all is ${name}`, async () => {
      const ran = await run(['check'], { answers: { check } });
      assert.equal(ran.code, code);
      assert.match(ran.out, text);
      assert.deepEqual(calledOnly(ran), ['check']);
    });
  }

  const GAP: view.HistoryView = {
    ...HISTORY,
    findings: [{ kind: 'older', snapshotId: SECOND.id, timeMs: SECOND.timeMs, namedBy: undefined }],
    findingCount: 1,
    evidence: '/kura-home/incidents/history-1.json',
  };

  it('R15: exits with 23 when the history is older than what is known, until that is accepted', async () => {
    const answers = { check: { ...HURT, history: GAP } };
    const ran = await run(['check'], { answers });
    assert.equal(ran.code, 23);
    assert.match(ran.err, /the history is not as it is known here: 1 finding/);
    assert.match(ran.out, /bbbb2222 of 2026-11-02 00:00:00 is not there, nor anything after it/);
    assert.match(ran.out, /evidence: \/kura-home\/incidents\/history-1.json/);
    assert.equal((await run(['check', '--accept-older'], { answers })).code, 22);
    const lost = { check: { ...LOST, history: GAP } };
    assert.equal((await run(['check'], { answers: lost })).code, 20);
  });

  it('reads as much as it is told to', async () => {
    const asked = async (...argv: string[]) => {
      const ran = await run(['check', ...argv], { answers: { check: WHOLE_CHECK } });
      return argumentOf<request.CheckRequest>(ran, 'check').readData;
    };
    assert.deepEqual(await asked(), { kind: 'none' });
    assert.deepEqual(await asked('--read-data'), { kind: 'all' });
    assert.deepEqual(await asked('--read-data-subset', '3/7'), { kind: 'part', part: 3, of: 7 });
    assert.deepEqual(await asked('--read-data-subset', '5%'), { kind: 'share', share: 0.05 });
    for (const bad of ['0/7', '8/7', '5', '200%']) {
      assert.equal((await run(['check', '--read-data-subset', bad])).code, 2, bad);
    }
  });

  it('a dry run of no repair is refused before anything is asked', async () => {
    const ran = await run(['check', '--dry-run'], { answers: { check: WHOLE_CHECK } });
    assert.equal(ran.code, 2);
    assert.match(ran.err, /--dry-run shows the plan of a repair/);
    assert.deepEqual(calledOnly(ran), []);
  });

  it('repairs: the plan first, then the act', async () => {
    const answers = { check: HURT, planRepair: REPAIR_PLAN, repair: REPAIRED };
    const ran = await run(['check', '--repair'], { answers });
    assert.deepEqual(calledOnly(ran), ['check', 'planRepair', 'repair']);
    assert.equal(ran.code, 0);
    assert.match(
      ran.out,
      /rewrite 1 copy \(1.00 KiB\) at \/mnt\/nas in Osaka[\s\S]*everything is whole/,
    );
    const planned = await run(['check', '--repair', '--dry-run'], { answers });
    assert.deepEqual(calledOnly(planned), ['check', 'planRepair']);
    assert.equal(planned.code, 22);
    const partly = { ...answers, repair: { ...REPAIRED, packsBelowStrength: 2 } };
    assert.equal((await run(['check', '--repair'], { answers: partly })).code, 22);
    const full = { ...REPAIRED, packsBelowStrength: 1, failures: ['the store is full'] };
    const told = await run(['check', '--repair'], { answers: { ...answers, repair: full } });
    assert.match(told.out, /packs: 1 below strength\n +the store is full/);
    const nothing = await run(['check', '--repair'], {
      answers: { ...answers, check: WHOLE_CHECK },
    });
    assert.deepEqual(calledOnly(nothing), ['check']);
  });
});

describe('kura forget, prune, tag', () => {
  const day = (number: number, change = {}) =>
    sampleSnapshot({ id: `dddd${number}${number}`, timeMs: Date.UTC(2026, 10, number), ...change });
  const DAYS = [day(1), day(2), day(3), day(4, { hostname: 'server' })];
  const retention: RetentionView = { delayMs: 0, originals: new Map() };
  const scene: Scene = {
    answers: { snapshots: DAYS, retention, forget: undefined, prune: PRUNED },
  };
  const idsOf = (ran: Ran): string[] =>
    argumentOf<readonly SnapshotId[]>(ran, 'forget').map((id) => id.slice(0, 6));

  it('C11: drops by rule, each machine and set of paths for itself', async () => {
    const ran = await run(['forget', '--keep-last', '1'], scene);
    assert.deepEqual(idsOf(ran).sort(), ['dddd11', 'dddd22']);
    assert.match(ran.out, /dddd3300 .* keep {2}last snapshot/);
    const together = await run(['forget', '--keep-last', '1', '--group-by', ''], scene);
    assert.equal(idsOf(together).length, 3);
  });

  it('C11: fakes that say they come from the future push no true snapshot out', async () => {
    const fakes = Array.from({ length: 7 }, (_, index) =>
      day(3, {
        id: `eeee${index}`,
        timeMs: Date.UTC(2027, 0, index + 1),
        loggedMs: Date.UTC(2026, 10, 3, 1) + index,
        leafIndex: Date.UTC(2026, 10, 3, 1) / 1000 + index,
      }),
    );
    const attacked = { answers: { ...scene.answers, snapshots: [...DAYS, ...fakes] } };
    const ran = await run(['forget', '--keep-daily', '2'], attacked);
    assert.deepEqual(idsOf(ran), ['dddd11']);
    assert.match(ran.out, /eeee0000 .* keep {2}its time is in doubt: device and log differ/);
    const trusting = await run(['forget', '--keep-daily', '2', '--by-device-time'], attacked);
    assert.ok(idsOf(trusting).includes('dddd33'), 'only who asks for it counts as before');
  });

  it('C11: within the delay of the network nothing is dropped by rule', async () => {
    const patient = { ...retention, delayMs: 2 * 24 * 3_600_000 };
    const answers = { ...scene.answers, retention: patient };
    const ran = await run(['forget', '--keep-last', '1'], { answers });
    assert.match(ran.out, /dddd3300 .* keep {2}young: within 2 days/);
    assert.deepEqual(calledOnly(ran), ['snapshots', 'retention']);
  });

  it('drops nothing in a dry run, and says what it would', async () => {
    const ran = await run(['forget', '--keep-daily', '2', '--dry-run', '--prune'], scene);
    assert.deepEqual(calledOnly(ran), ['snapshots', 'retention']);
    assert.match(ran.out, /1 snapshot would be dropped/);
  });

  it('drops what is named, and prunes if asked', async () => {
    const ran = await run(['forget', 'dddd11', '--prune', '--max-unused', '1M'], scene);
    assert.deepEqual(idsOf(ran), ['dddd11']);
    const asked = argumentOf<request.PruneRequest>(ran, 'prune');
    assert.deepEqual(asked, { dryRun: false, maxUnused: { kind: 'bytes', bytes: 1 << 20 } });
  });

  for (const [argv, code] of [
    [['forget'], 2],
    [['forget', 'dddd11', '--keep-last', '1'], 2],
    [['forget', '--keep-last', 'x'], 2],
    [['forget', '--keep-within', '5w'], 2],
    [['forget', '--keep-last', '1', '--group-by', 'colour'], 2],
    [['forget', '--keep-tag', 'none'], 13],
  ] as const) {
    it(`refuses: kura ${argv.join(' ')}`, async () => {
      const ran = await run(argv, scene);
      assert.equal(ran.code, code);
      assert.ok(!calledOnly(ran).includes('forget'));
    });
  }

  it('drops everything only when told so in so many words', async () => {
    const ran = await run(['forget', '--keep-tag', 'none', '--unsafe-allow-remove-all'], scene);
    assert.equal(idsOf(ran).length, 4);
  });

  it('prunes with restic’s default limit', async () => {
    const ran = await run(['prune', '--json'], scene);
    const asked = argumentOf<request.PruneRequest>(ran, 'prune');
    assert.deepEqual(asked.maxUnused, { kind: 'share', share: 0.05 });
    assert.equal(records(ran)[0].bytes_freed, 2048);
    for (const bad of ['x', '-1', '101%']) {
      assert.equal((await run(['prune', '--max-unused', bad], scene)).code, 2, bad);
    }
  });

  it('changes tags', async () => {
    const answers = { snapshots: SNAPSHOTS, tag: [{ from: FIRST.id, to: SECOND.id }] };
    const ran = await run(['tag', '--add', 'a,b', '--remove', 'c', 'aaaa'], { answers });
    assert.deepEqual(argumentOf<request.TagRequest>(ran, 'tag'), {
      snapshots: [FIRST.id],
      set: undefined,
      add: ['a', 'b'],
      remove: ['c'],
    });
    assert.match(ran.out, /aaaa1111 is now bbbb2222/);
    const emptied = await run(['tag', '--set', '', 'aaaa'], { answers });
    assert.deepEqual(argumentOf<request.TagRequest>(emptied, 'tag').set, []);
    assert.equal((await run(['tag', 'aaaa'], { answers })).code, 2);
    assert.equal((await run(['tag', '--set', 'a', '--add', 'b'], { answers })).code, 2);
  });
});

describe('kura rewrite', () => {
  const acts: RewriteAct[] = [];
  const rewriting: Rewriting = {
    ...REWRITING,
    carryOut: async (act) => {
      acts.push(act);
      await REWRITING.carryOut(act);
    },
  };
  const answers = { snapshots: SNAPSHOTS, rewriting, prune: PRUNED };

  it('C11: says what goes before it goes; a dry run ends there', async () => {
    const dry = await run(['rewrite', '--exclude', 'secret', '-n', '--prune', '--forget'], {
      answers,
    });
    assert.deepEqual([dry.code, acts.length], [0, 0]);
    assert.deepEqual(calledOnly(dry), ['snapshots', 'rewriting']);
    const said = /aaaa1111 .* 2 +1 +2.00 KiB\n.*\n2 of 2 snapshots hold it; about 4.00 KiB/;
    assert.match(dry.out, said);
    assert.match(dry.err, /aaaa1111 is notarised/);
    const { isCut } = argumentOf<RewriteRequest>(dry, 'rewriting');
    assert.deepEqual(
      ['/home/secret', '/home/letter'].map((path) => isCut(byteString(path), false)),
      [true, false],
    );
  });

  it('C11: keeps the old snapshots unless it is told to drop them', async () => {
    const kept = await run(['rewrite', '-e', 'secret', 'aaaa1111'], { answers });
    assert.match(kept.out, /aaaa1111 is now bbbb2222\n.*the old ones stand as they were/);
    const dropped = await run(['rewrite', '-e', 'secret', '--forget', '--prune'], { answers });
    assert.match(dropped.out, /the old ones are dropped/);
    assert.deepEqual(calledOnly(dropped), ['snapshots', 'rewriting', 'prune']);
    assert.deepEqual(
      acts.map(({ forget }) => forget),
      [false, true],
    );
  });

  it('ends with 0 and one sentence where nothing matches, also the second time', async () => {
    const none = { ...rewriting, steps: [], bytesBack: 0 };
    const ran = await run(['rewrite', '-e', 'secret'], {
      answers: { ...answers, rewriting: none },
    });
    assert.equal(ran.code, 0);
    assert.equal(ran.out, 'nothing in 2 snapshots matches: nothing to do\n');
  });

  it('refuses what makes no sense before anything is asked', async () => {
    for (const argv of [[], ['-e', 'x', '--prune'], ['-e', '['], ['-e', '']]) {
      const ran = await run(['rewrite', ...argv], { answers });
      assert.deepEqual([ran.code, calledOnly(ran)], [2, []], argv.join(' '));
    }
    const nobody = await run(['rewrite', '-e', 'x', '--host', 'nobody'], { answers });
    assert.deepEqual([nobody.code, calledOnly(nobody)], [1, ['snapshots']]);
  });
});
