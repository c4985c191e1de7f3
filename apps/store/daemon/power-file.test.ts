// Goal: what the operator's UPS software writes is what the network hears; a file that makes no sense says
// nothing, and is told of once.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, utf8 } from '@kura/base';
import { MemoryDisk } from '@kura/testing';
import { PowerFile, parsePower } from './power-file.ts';

describe('the file of the power state', () => {
  it('says whether the grid is there, what the store lives on, and for how long', () => {
    const text =
      '# written by upssched\nutility_power = false\non = "generator" # diesel\nfuel_hours = 46.5\n';
    assert.deepEqual(parsePower(text), {
      ...{ hasUtilityPower: false, supply: 'generator', fuelHours: 46.5 },
    });
    assert.deepEqual(parsePower('utility_power=true'), {
      ...{ hasUtilityPower: true, supply: undefined, fuelHours: undefined },
    });
  });

  for (const [why, text, message] of [
    ['nothing of power', 'on = "ups"', /neither true nor false/],
    ['a word in between', 'utility_power = perhaps', /neither true nor false/],
    ['fuel for ever', 'utility_power = false\nfuel_hours = 1e9', /no number from 0/],
    ['no number', 'utility_power = false\nfuel_hours = plenty', /no number from 0/],
    ['no setting', 'utility_power = true\nhello', /"hello" is no setting/],
  ] as const) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => parsePower(text),
        (error) =>
          error instanceof KuraError && error.code === 'corrupt' && message.test(error.message),
      );
    });
  }

  it('is read anew each time; each fault is told once, and nothing is said meanwhile', () => {
    const disk = new MemoryDisk();
    const faults: string[] = [];
    const file = new PowerFile(disk, '/power', (why) => faults.push(why));
    const write = (text: string): void => {
      if (disk.stat('/power') !== undefined) disk.unlink('/power');
      const made = disk.create('/power');
      made.write(utf8(text), 0);
      made.close();
    };
    assert.equal(file.read(), undefined);
    assert.equal(file.read(), undefined);
    write('utility_power = false');
    assert.equal(file.read()?.hasUtilityPower, false);
    write('nonsense');
    assert.equal(file.read(), undefined);
    write('utility_power = true');
    assert.equal(file.read()?.hasUtilityPower, true);
    assert.deepEqual(faults, [
      'the file of the power state is not there',
      '"nonsense" is no setting',
    ]);
  });
});
