// Judges with a mistake that verdicts are made to avoid. Each has to be noticed by the figures, or they mean nothing.
import { type Facts, judge, type Verdict } from '@kura/contract/evidence/index.ts';
import { countVerdict, type Figures, noFigures, playCase } from './play.ts';

export interface Canary {
  readonly judge: (facts: Facts) => Verdict;
  /** The figures show it. */
  readonly isNoticed: (figures: Figures) => boolean;
}

const isOftenWrong = ({ right, tellable }: Figures): boolean => right < 0.999 * tellable;
const accusesHonest = ({ accused }: Figures): boolean => accused > 0;

/** What the store says of itself is the truth. */
function believing(facts: Facts): Verdict {
  const examinations = facts.examinations.map((one) => {
    const parity = one.parity === 'changed' ? ('agrees' as const) : one.parity;
    return { ...one, root: facts.root, parity };
  });
  const seen = facts.seen.map((one) => ({ ...one, answered: [] }));
  return judge({ ...facts, examinations, seen });
}

/** One sign is enough. */
function hasty(facts: Facts): Verdict {
  const verdict = judge(facts);
  return verdict.signs.length > 0 ? { ...verdict, kind: 'tampering' } : verdict;
}

/** How much a device decays does not matter. */
function withoutRate(facts: Facts): Verdict {
  return judge({ ...facts, device: { ...facts.device, examinations: [] } });
}

/** Whatever is wrong and was not told is a hand's. */
function suspicious(facts: Facts): Verdict {
  const verdict = judge(facts);
  const last = facts.examinations.at(-1);
  const isSilent =
    verdict.kind === 'decay' && last?.reportedBefore === false && last.mediumErrors === 0;
  return isSilent ? { ...verdict, kind: 'tampering' } : verdict;
}

/** Who fails to be who it should be is only away. */
function trusting(facts: Facts): Verdict {
  return judge({ ...facts, failures: 0 });
}

export const CANARIES: Readonly<Record<string, Canary>> = {
  'a judge that believes the store': { judge: believing, isNoticed: isOftenWrong },
  'a judge that accuses on one sign': { judge: hasty, isNoticed: accusesHonest },
  'a judge without rates': { judge: withoutRate, isNoticed: isOftenWrong },
  'a judge that calls silence guilt': { judge: suspicious, isNoticed: accusesHonest },
  'a judge that forgets impostors': { judge: trusting, isNoticed: isOftenWrong },
};

/** The first whose mistake the figures of so many cases do not show. */
export function deadCanary(cases: number): string | undefined {
  const played = Array.from({ length: cases }, (_, index) => playCase(index + 1));
  return Object.entries(CANARIES).find(([, { judge: judgeAs, isNoticed }]) => {
    const figures = noFigures();
    for (const { kind, facts } of played) countVerdict(figures, kind, judgeAs(facts));
    return !isNoticed(figures);
  })?.[0];
}
