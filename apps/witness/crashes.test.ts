// Goal (R17): power fails at any call of the disk, and of what was not synced some is lost, kept or torn. Whatever a
// witness has answered before and answers afterwards, it never cosigns two histories.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk } from '@kura/base';
import { CrashSignal, faultDisk, ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import { foundWitness } from './found.ts';
import { KeptCheckpoints } from './kept-checkpoints.ts';
import { LOG, ORIGIN, TestLog } from './test-log.ts';
import { Witness } from './witness.ts';

const SIGNER = { name: 'witness.example/w1', seed: new Uint8Array(32).fill(9) };
/** Different fates of what was not synced, per call. */
const FATES = 8;
const HISTORY = TestLog.of(9);

/** Of names of files; the next process draws others. */
const random = new SeededRandom(1);

function witnessOn(disk: Disk): Witness {
  return new Witness({
    signer: SIGNER,
    kept: KeptCheckpoints.open({ disk, random }, '/state'),
    logs: () => new Map([[ORIGIN, LOG]]),
    nowMs: () => new ManualClock().nowMs(),
    onJudged: () => undefined,
  });
}

/** Whether a process that begins now answers with a cosignature; undefined if it died over it. */
async function isCosigned(disk: Disk, body: Uint8Array): Promise<boolean | undefined> {
  try {
    return (await witnessOn(disk).addCheckpoint(body)).status === 200;
  } catch (error) {
    // A crash inside of what cleans up is wrapped; the process is dead all the same.
    const isDeath = error instanceof CrashSignal || (error as Error).cause instanceof CrashSignal;
    if (isDeath) return undefined;
    throw error;
  }
}

/** Durable, as it is when its operator learns its key. */
async function founded(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  disk.makeFolder('/state');
  await disk.syncFolder('/');
  const witness = { name: SIGNER.name, logs: '/logs' };
  await foundWitness({ state: '/state', witness }, { disk, random: new SeededRandom(4) });
  return disk;
}

interface Struck {
  /** Of the log, before the power fails. */
  readonly oldSize: number;
  readonly at: number;
  readonly fate: number;
}

/** Power fails at this call of the disk while the log goes on from its old size to nine leaves. */
async function strike({ oldSize, at, fate }: Struck): Promise<boolean> {
  const disk = await founded();
  for (let size = 1; size <= oldSize; size++) {
    const grown = HISTORY.ask({ oldSize: size - 1, size });
    assert.equal(await isCosigned(disk, grown), true);
  }
  const faulty = faultDisk(disk, { at, fault: 'crash' });
  const before = await isCosigned(faulty, HISTORY.ask({ oldSize }));
  disk.crash(new SeededRandom(fate));
  const where = `${faulty.struck} (${at}) from ${oldSize}, fate ${fate}`;
  const fork = TestLog.of(oldSize).grow(9 - oldSize, 'fork');
  const isForked = await isCosigned(disk, fork.ask({ oldSize }));
  assert.ok(before !== true || isForked !== true, `${where}: two histories are cosigned`);
  if (oldSize > 0) {
    const other = await isCosigned(disk, TestLog.of(9, 'other').ask({ oldSize: 0 }));
    assert.equal(other, false, `${where}: what was cosigned first is forgotten`);
  }
  if (isForked !== true) assert.ok(await goesOn(disk, oldSize), `${where}: it does not go on`);
  return faulty.struck !== undefined;
}

/** The log asks as logs do: from where the witness may be. */
async function goesOn(disk: Disk, oldSize: number): Promise<boolean> {
  for (const from of [oldSize, 9]) {
    if ((await isCosigned(disk, HISTORY.ask({ oldSize: from }))) === true) return true;
  }
  return false;
}

for (const oldSize of [0, 4]) {
  test(`R17: a crash at any call of the disk leaves one history of a log of ${oldSize} leaves`, async () => {
    let at = 1;
    for (let wasStruck = true; wasStruck; at++) {
      for (let fate = 1; fate <= FATES; fate++) wasStruck = await strike({ oldSize, at, fate });
    }
    assert.ok(at > 5, `only ${at} calls were struck`);
  });
}
