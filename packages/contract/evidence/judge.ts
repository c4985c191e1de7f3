// The verdict, from facts alone: the same facts give the same verdict to whoever asks, on any day. It accuses only on
// two kinds of signs, or on the same kind twice where chance cannot repeat itself; what it cannot explain it says so.
import type { Examination } from '../audit/examination.ts';
import type { AskedExamination, Facts, Seen } from './facts.ts';
import { leavesOf, placesOf, runsOf } from './places.ts';
import { hasMediumError, isGone, rateOf } from './rate.ts';
import { isMostlyForeign, readSigns, type Signs } from './signs.ts';
import type { DeviceRate, Verdict, VerdictKind } from './verdict.ts';

/** More separate places than this in one copy, beyond its parity and with a clean medium, are not explained. */
const FEW_PLACES = 3;
const MIN_STATEMENTS = 2;
const MIN_CONDUCTS = 2;

export function judge(facts: Facts): Verdict {
  const last = facts.examinations.at(-1);
  const examined = [...facts.device.examinations, ...(last === undefined ? [] : [last])];
  const rate = rateOf(examined, facts.device.heldBytes);
  const signs = readSigns(facts, rate);
  const [kind, reason] = decide(facts, { last, rate, signs });
  const leaves = wrongLeavesOf(facts, last);
  const blocks = new Map(last?.findings.map((finding) => [finding.leaf, finding.blocks]));
  return {
    ...{ kind, reason, signs: signs.signs, rate },
    wrongLeaves: Math.max(leaves.length, last?.wrongLeaves ?? 0),
    places: placesOf(leaves, { leafBytes: facts.leafBytes, blocks }),
  };
}

interface Known {
  readonly last: AskedExamination | undefined;
  readonly rate: DeviceRate;
  readonly signs: Signs;
}

type Decision = readonly [VerdictKind, string];

function decide(facts: Facts, known: Known): Decision {
  const { last, signs } = known;
  if (facts.failures >= facts.rogueAfter) {
    return ['rogue', `it failed ${facts.failures} times to be the store that it should be`];
  }
  if (signs.recomputed >= MIN_STATEMENTS) {
    return [
      'tampering',
      'bytes were exchanged and what belongs to them was made anew: no medium does that',
    ];
  }
  if (new Set(signs.signs.map(({ kind }) => kind)).size >= 2) {
    return ['tampering', 'signs of two kinds speak against decay'];
  }
  if (signs.conducts >= MIN_CONDUCTS) {
    return ['rogue', 'what it signs does not fit what it does, in two ways'];
  }
  if (last === undefined) return withoutExamination(facts);
  if (last.state === 'intact') return whenIntact(facts, known);
  if (isGone(last)) return ['loss', 'the copy, or all but nothing of it, is not there any more'];
  if (signs.signs[0] !== undefined)
    return ['unexplained', `one sign alone: ${signs.signs[0].says}`];
  return whenDamaged(last, known);
}

function withoutExamination({ seen }: Facts): Decision {
  const answered = seen.flatMap((one) => one.answered);
  if (answered.some(({ isRight }) => isRight === false)) {
    return [
      'unexplained',
      'it signed for bytes that are not those of the copy, and lets nobody examine it',
    ];
  }
  if (answered.some(({ state }) => state === 'missing')) {
    return ['loss', 'the store signed that the copy is missing'];
  }
  const isSilent = seen.every((one) => one.class === 'late' || one.class === 'unknown');
  if (isSilent) return ['outage', 'the store does not answer'];
  return ['unexplained', 'the store lets nobody examine the copy'];
}

function whenIntact({ seen }: Facts, { last, signs }: Known): Decision {
  const [sign] = signs.signs;
  if (sign !== undefined) return ['unexplained', `one sign alone: ${sign.says}`];
  const isWrongSince = (one: Seen): boolean =>
    one.timeMs > (last?.askedMs ?? 0) && ['wrong', 'missing', 'unreadable'].includes(one.class);
  if (!seen.some(isWrongSince))
    return ['passing', 'the copy is whole: the error did not come back'];
  return ['unexplained', 'the store says that the copy is whole, and it was wrong again since'];
}

function whenDamaged(last: Examination, { rate }: Known): Decision {
  if (isMostlyForeign(last)) {
    return [
      'misdirected',
      'bytes of other leaves of the same store lie there: a write went astray',
    ];
  }
  const places = runsOf(leavesOf(last)).length;
  const isExplained = last.state === 'healed' || hasMediumError(last) || places <= FEW_PLACES;
  if (!isExplained) {
    return ['unexplained', `${places} separate places are wrong, and the medium gave no error`];
  }
  const counted = rate.places === 1 ? '1 place' : `${rate.places} places`;
  const rateText = `${counted} on this device in 30 days, of ${rate.plausible} that are plausible`;
  const how = last.state === 'healed' ? 'healed from parity' : 'beyond its parity';
  return ['decay', `consistent with decay, ${how}; ${rateText}`];
}

/** What the examination names, and what the store signed wrong answers for. */
function wrongLeavesOf({ seen }: Facts, last: Examination | undefined): readonly number[] {
  const answered = seen.flatMap((one) =>
    one.answered.filter(({ isRight, state }) => isRight === false || state === 'unreadable'),
  );
  const named = last === undefined ? [] : leavesOf(last);
  return [...new Set([...named, ...answered.map(({ leaf }) => leaf)])].sort((a, b) => a - b);
}
