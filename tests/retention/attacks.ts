// What an attacker with one device's key does to a history, and what wrong clocks do to it. What is done under the key
// of a device that saves itself is younger than the network's delay, which is how long an owner has to notice.
import { DAY_MS, HOUR_MS, MINUTE_MS, must } from '@kura/base';
import type { SeededRandom } from '@kura/testing';
import { between, type History, inLog, type Snapshot, THIEF } from './history.ts';

export type Attack = (history: History, random: SeededRandom) => History;

const YEARS_10_DAYS = 3652;
/** More would only repeat what a smaller number does. */
const MOST_FAKES = 60;

type Forging = (index: number) => Partial<Snapshot>;

/** Adds fakes of the device that saved last; `forge` says what of each is a lie, or when it came. */
function withFakes(history: History, random: SeededRandom, forge: Forging): History {
  const pattern = must(history.snapshots.at(-1), 'a true snapshot');
  const sinceMs = history.nowMs - history.delayMs + HOUR_MS;
  const fakes = Array.from({ length: between(random, 1, MOST_FAKES) }, (_, index): Snapshot => {
    const forged = forge(index);
    const trueMs = Math.max(sinceMs, forged.trueMs ?? history.nowMs - MINUTE_MS + index);
    const times = { timeMs: trueMs, loggedMs: trueMs };
    return { ...pattern, isFake: true, ...times, ...forged, trueMs };
  });
  return { ...history, snapshots: inLog([...history.snapshots, ...fakes]) };
}

/** restic issue 22057: `forget --keep-…` counts what says that it comes from the future. */
const future: Attack = (history, random) =>
  withFakes(history, random, (index) => ({ timeMs: history.nowMs + (index + 1) * DAY_MS }));

/** One in every hour, day or week that there ever was. */
const past: Attack = (history, random) => {
  const stepMs = random.pick([HOUR_MS, DAY_MS, 7 * DAY_MS]);
  return withFakes(history, random, (index) => ({ timeMs: history.nowMs - index * stepMs }));
};

const anyTime: Attack = (history, random) =>
  withFakes(history, random, () => ({
    timeMs: history.nowMs + between(random, -YEARS_10_DAYS, YEARS_10_DAYS) * DAY_MS,
  }));

const flood: Attack = (history, random) => withFakes(history, random, () => ({}));

/** A few every day, for as long as the delay lasts. */
const drip: Attack = (history, random) =>
  withFakes(history, random, (index) => {
    const trueMs = history.nowMs - ((index * 7 * HOUR_MS) % history.delayMs);
    return { trueMs, timeMs: trueMs, loggedMs: trueMs };
  });

/** As another machine, over its paths: the key is still that of the device that was stolen. */
const otherMachine: Attack = (history, random) => {
  const stolen = { deviceId: THIEF, hostname: 'host0', paths: ['/home'] };
  return withFakes(history, random, (index) => ({ ...stolen, timeMs: history.nowMs + index }));
};

/** The same, all the time, and unnoticed: what one device signs never counts for another. */
const otherMachineForLong: Attack = (history, random) => {
  const stolen = { deviceId: THIEF, hostname: 'host0', paths: ['/home'] };
  const { snapshots: fakes } = withFakes(
    { ...history, delayMs: YEARS_10_DAYS * DAY_MS },
    random,
    (index) => {
      const trueMs = history.nowMs - index * DAY_MS;
      return { ...stolen, trueMs, timeMs: trueMs, loggedMs: trueMs };
    },
  );
  return { ...history, snapshots: fakes };
};

/** Each says that it replaces an old one that is gone, and takes its time. */
const replacing: Attack = (history, random) =>
  withFakes(history, random, () => {
    const original = random.pick(history.snapshots);
    const originalLoggedMs = original.loggedMs;
    return { timeMs: original.timeMs, originalLoggedMs };
  });

/** The device's clock is wrong from some day on; its owner is honest. */
const wrongDevice: Attack = (history, random) => {
  const fromMs = random.pick(history.snapshots).trueMs;
  const offMs = random.pick([-1, 1]) * between(random, 2, YEARS_10_DAYS) * DAY_MS;
  const snapshots = history.snapshots.map((snapshot) =>
    snapshot.trueMs < fromMs ? snapshot : { ...snapshot, timeMs: snapshot.timeMs + offMs },
  );
  return { ...history, snapshots };
};

/** The log's clock is wrong for some days; the order of leaves is not. */
const wrongLog: Attack = (history, random) => {
  const fromMs = random.pick(history.snapshots).trueMs;
  const untilMs = random.pick([fromMs + DAY_MS, fromMs + 20 * DAY_MS, history.nowMs]);
  const offMs = random.pick([-1, 1]) * between(random, 2, YEARS_10_DAYS) * DAY_MS;
  const isWrong = ({ trueMs }: Snapshot): boolean => trueMs >= fromMs && trueMs <= untilMs;
  const snapshots = history.snapshots.map((snapshot) =>
    isWrong(snapshot) ? { ...snapshot, loggedMs: (snapshot.loggedMs ?? 0) + offMs } : snapshot,
  );
  return { ...history, snapshots };
};

/** Of the machine that asks: it may only refuse. */
const wrongAsking: Attack = (history, random) => ({
  ...history,
  nowMs: history.nowMs + between(random, -YEARS_10_DAYS, YEARS_10_DAYS) * DAY_MS,
});

const together =
  (...attacks: readonly Attack[]): Attack =>
  (history, random) =>
    attacks.reduce((before, attack) => attack(before, random), history);

export const ATTACKS: Readonly<Record<string, Attack>> = {
  future,
  past,
  anyTime,
  flood,
  drip,
  otherMachine,
  otherMachineForLong,
  replacing,
  wrongDevice,
  wrongLog,
  wrongAsking,
  'future and a wrong log': together(future, wrongLog),
  'flood and a wrong device': together(wrongDevice, flood),
  'past, drip and a wrong asker': together(past, drip, wrongAsking),
};
