// Goal: manifests and network files of strangers are read strictly: what is wrong is one sentence that names the place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { sample } from '../feeds/test-data.ts';
import { CHECK_KINDS } from './check.ts';
import { readManifest, refuseEscape } from './manifest.ts';
import { readNetworkFile } from './network-plan.ts';

const bytesOf = (value: unknown): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)));

const STEP = { available_at: '2018-09-05T18:08:30Z', source: 'cap', file: 'a.cap' };
const SOUND = {
  sites: { osaka: [34.69, 135.5], tokyo: [35.68, 139.77] },
  network: {
    home: 'tokyo',
    stores: ['osaka', 'tokyo'],
    copies: 2,
    initial_copies_at: ['osaka', 'tokyo'],
  },
  steps: [STEP],
  checks: [{ id: 'a', type: 'no_move_from', site: 'osaka' }],
};

/** The one sentence that reading it throws. */
function sentenceOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof KuraError, String(error));
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }
  return 'nothing is wrong';
}

describe('a manifest', () => {
  it('that is sound gives sites, network, steps by time, and checks', () => {
    const later = { ...STEP, available_at: '2018-09-05T18:00:00Z' };
    const { steps, checks, network, unknown } = readManifest(
      bytesOf({ ...SOUND, steps: [STEP, later] }),
    );
    assert.deepEqual(
      steps.map(({ atMs }) => new Date(atMs).toISOString()),
      ['2018-09-05T18:00:00.000Z', '2018-09-05T18:08:30.000Z'],
    );
    assert.deepEqual(checks, [{ id: 'a', kind: 'no_move_from', site: 'osaka' }]);
    assert.deepEqual(
      network?.members.map(({ copiesAt }) => copiesAt),
      [['osaka', 'tokyo']],
    );
    assert.deepEqual(unknown, []);
  });

  it('of the three disasters has no field that nobody reads', () => {
    for (const name of ['hokkaido-2018', 'florence-2018', 'tohoku-2011']) {
      const { unknown, checks } = readManifest(sample(`replay/${name}.json`));
      assert.deepEqual(unknown, [], name);
      assert.ok(checks.length >= 5);
    }
  });

  it('names every field that nobody reads', () => {
    const check = { ...SOUND.checks[0], not_att: 'osaka' };
    const network = { ...SOUND.network, store: 'osaka' };
    const { unknown } = readManifest(
      bytesOf({ ...SOUND, checks: [check], network, colour: 'red' }),
    );
    assert.deepEqual([...unknown].sort(), ['checks[0].not_att', 'colour', 'network.store']);
  });

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['without sites', { sites: undefined }, /^"sites" is missing/],
    [
      'with a place off the earth',
      { sites: { a: [91, 0] } },
      /^"sites.a" must be \[latitude, longitude\]/,
    ],
    ['without steps', { steps: [] }, /^"steps" must have at least one step/],
    [
      'with a step of no time',
      { steps: [{ ...STEP, available_at: 'noon' }] },
      /^"steps\[0\].available_at" must be a time/,
    ],
    [
      'with a step of no file',
      { steps: [{ ...STEP, file: undefined }] },
      /^"steps\[0\].file" is missing/,
    ],
    [
      'with a heartbeat of nowhere',
      { steps: [{ ...STEP, source: 'store', site: 'kobe', utility_power: false }] },
      /^"steps\[0\].site" names no site of the manifest: "kobe"/,
    ],
    [
      'with a check of no kind',
      { checks: [{ id: 'a', type: 'all_is_well' }] },
      /^"checks\[0\].type" must be one of copy_added, /,
    ],
    [
      'with a check of no site',
      { checks: [{ ...SOUND.checks[0], site: 'kobe' }] },
      /^"checks\[0\].site" names no site/,
    ],
    [
      'with two checks of one name',
      { checks: [SOUND.checks[0], SOUND.checks[0]] },
      /^"checks\[1\].id" is the second/,
    ],
    [
      'with packs that nobody understands',
      { checks: [{ id: 'a', type: 'copy_added', for: 'some packs', by: STEP.available_at }] },
      /^"checks\[0\].for" is not understood/,
    ],
    [
      'with too few stores',
      { network: { ...SOUND.network, copies: 3 } },
      /^"network.stores" must name at least 3/,
    ],
    [
      'with first copies where no store is',
      { network: { ...SOUND.network, initial_copies_at: ['osaka', 'kobe'] } },
      /^"network" puts first copies of member at "kobe", which is no store/,
    ],
  ];
  for (const [what, change, sentence] of wrong) {
    it(`${what} is refused`, () => {
      assert.match(
        sentenceOf(() => readManifest(bytesOf({ ...SOUND, ...change }))),
        sentence,
      );
    });
  }

  it('says of which packs in any order', () => {
    const choiceOf = (words: string | undefined) => {
      const check = { id: 'a', type: 'copy_added', for: words, by: STEP.available_at };
      const [read] = readManifest(bytesOf({ ...SOUND, checks: [check] })).checks;
      return read?.kind === 'copy_added'
        ? [read.packs.level, read.packs.member, read.packs.at?.join()]
        : [];
    };
    assert.deepEqual(choiceOf(undefined), [undefined, undefined, undefined]);
    assert.deepEqual(choiceOf('all packs of level 3'), [3, undefined, undefined]);
    const both = [3, 'ann', 'osaka,tokyo'];
    assert.deepEqual(
      choiceOf('every pack of member ann of level 3 with a copy at osaka or tokyo'),
      both,
    );
    assert.deepEqual(
      choiceOf('each pack with copies in osaka, tokyo of level 3 of member ann'),
      both,
    );
    for (const words of [
      'every pack of level 4',
      'every pack of level 1 of level 2',
      'packs here',
    ]) {
      assert.throws(() => choiceOf(words), /is not understood/);
    }
  });

  it('that is no JSON, or reaches for files elsewhere, is refused', () => {
    assert.match(
      sentenceOf(() => readManifest(new Uint8Array(Buffer.from('{')))),
      /is no JSON$/,
    );
    for (const file of ['/etc/passwd', '../secret', 'a/../../b', 'C:\\x', '\\\\host\\x']) {
      assert.match(
        sentenceOf(() => refuseEscape(file)),
        /is outside of the data$/,
      );
    }
    refuseEscape('usgs/detail..json');
  });

  it('has eleven kinds of checks', () => {
    assert.equal(CHECK_KINDS.length, 11);
  });
});

describe('a network file', () => {
  const FILE = {
    stores: [
      { site: 'osaka' },
      { site: 'kobe', lat: 34.7, lon: 135.2, building_class: 'C2M moderate code' },
    ],
    members: [{ name: 'ann', home: 'osaka', level: 3, packs: 5, forbidden: ['JP'] }],
    approves_after_minutes: null,
  };

  it('that is sound gives stores and members, with what it does not say', () => {
    const { plan, unknown } = readNetworkFile(bytesOf(FILE));
    assert.deepEqual(plan.stores[1]?.building, { type: 'C2M', code: 'moderate' });
    assert.deepEqual(
      plan.stores.map(({ lineMbit, minimumLevel }) => [lineMbit, minimumLevel]),
      [
        [1000, 1],
        [1000, 1],
      ],
    );
    assert.equal(plan.members[0]?.copiesAt, undefined);
    assert.equal(plan.approvesAfterMinutes, undefined);
    assert.deepEqual(unknown, []);
  });

  it('may have the form of a manifest, and name a store by its site alone', () => {
    const short = { home: 'tokyo', stores: ['osaka', 'kobe'], building_class: 'C2M low code' };
    for (const file of [short, { network: short }]) {
      const { plan, unknown } = readNetworkFile(bytesOf(file));
      assert.deepEqual(
        plan.stores.map(({ site, building }) => [site, building?.code]),
        [
          ['osaka', 'low'],
          ['kobe', 'low'],
        ],
      );
      assert.deepEqual([plan.members[0]?.home, unknown], ['tokyo', []]);
    }
    const { plan } = readNetworkFile(bytesOf({ ...FILE, stores: ['osaka', { site: 'kobe' }] }));
    assert.deepEqual(
      plan.stores.map(({ site }) => site),
      ['osaka', 'kobe'],
    );
  });

  const [store] = FILE.stores;
  const [member] = FILE.members;
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    [
      'with a building of no class',
      { stores: [store, { site: 'b', building_class: 'hut' }] },
      /^"stores\[1\].building_class"/,
    ],
    [
      'with half a place',
      { stores: [store, { site: 'b', lat: 1 }] },
      /^"stores\[1\]" has only one of lat and lon/,
    ],
    ['with a store twice', { stores: [store, store] }, /^"stores" names a store twice/],
    ['without members', { members: [] }, /^"members" must name a member/],
    [
      'with a level of its own',
      { members: [{ ...member, level: 4 }] },
      /^"members\[0\].level" must be a number from 1 to 3/,
    ],
    [
      'with a line of nothing',
      { stores: [{ site: 'a', line_mbit: 0 }, store] },
      /^"stores\[0\].line_mbit"/,
    ],
  ];
  for (const [what, change, sentence] of wrong) {
    it(`${what} is refused`, () => {
      assert.match(
        sentenceOf(() => readNetworkFile(bytesOf({ ...FILE, ...change }))),
        sentence,
      );
    });
  }
});
