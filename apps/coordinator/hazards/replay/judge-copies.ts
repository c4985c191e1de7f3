// Checks about copies and moves.

import { listedCities } from '../../placement/cities.ts';
import type {
  CopyAdded,
  CopyKept,
  MovesComplete,
  NoCopyPlacedIn,
  NoMoveFrom,
  PackChoice,
} from './check.ts';
import { type CopyLife, type History, isOpenAt, type PackLife } from './history.ts';
import { fails, holds, type Judgement, timeText } from './judgement.ts';

function isChosen({ at, level, member }: PackChoice, pack: PackLife): boolean {
  if (level !== undefined && pack.level !== level) return false;
  if (member !== undefined && pack.member !== member) return false;
  return at === undefined || at.some((site) => pack.firstSites.includes(site));
}

const countOf = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

const sitesOf = (copies: readonly CopyLife[]): string =>
  [...new Set(copies.map(({ site }) => site))].sort().join(', ');

/** One more verified copy of every pack in time, and none of the new ones where it must not be. */
export function judgeCopyAdded(check: CopyAdded, history: History): Judgement {
  const packs = history.packs.filter((pack) => isChosen(check.packs, pack));
  if (packs.length === 0) return fails(`there is no such pack: "${check.packs.text}"`);
  const keys = new Set(packs.map(({ key }) => key));
  const added = history.copies.filter(
    ({ pack, isFirst, heldFromMs }) => keys.has(pack) && !isFirst && heldFromMs <= check.byMs,
  );
  const isForbidden = ({ site }: CopyLife): boolean =>
    check.notAt.includes(site) || check.notInPowerArea.includes(history.powerAreas.get(site) ?? '');
  const wrong = added.filter(isForbidden);
  if (wrong.length > 0) {
    return fails(`${wrong.length} of the new copies lie where none should: in ${sitesOf(wrong)}`);
  }
  const broken = added.filter(({ isSound }) => !isSound);
  if (broken.length > 0) {
    return fails(`${broken.length} of the new copies, in ${sitesOf(broken)}, are not whole`);
  }
  const served = new Set(added.map(({ pack }) => pack));
  const missing = packs.length - served.size;
  if (missing > 0) {
    return fails(`${missing} of ${packs.length} packs had no new copy by ${timeText(check.byMs)}`);
  }
  const lastMs = Math.max(...packs.map(({ key }) => firstAddition(added, key)));
  return holds(
    `all ${countOf(packs.length, 'pack')} had a new copy in ${sitesOf(added)}, the last at ${timeText(lastMs)}`,
  );
}

function firstAddition(added: readonly CopyLife[], key: string): number {
  const times = added.filter(({ pack }) => pack === key).map(({ heldFromMs }) => heldFromMs);
  return Math.min(...times);
}

export function judgeCopyKept({ site, untilMs }: CopyKept, history: History): Judgement {
  const here = history.copies.filter((copy) => copy.site === site);
  const retired = here.find(({ retiredMs }) => (retiredMs ?? Number.POSITIVE_INFINITY) < untilMs);
  if (retired?.retiredMs !== undefined) {
    return fails(`a copy at ${site} was retired at ${timeText(retired.retiredMs)}`);
  }
  const broken = here.filter(({ isSound }) => !isSound);
  if (broken.length > 0) return fails(`${broken.length} copies at ${site} are not whole any more`);
  const kept = here.filter(({ heldFromMs }) => heldFromMs < untilMs).length;
  return holds(
    kept === 0
      ? `no copy was at ${site} before ${timeText(untilMs)}, and none was retired there`
      : `all ${kept} copies at ${site} were there until ${timeText(untilMs)}`,
  );
}

/** Writing counts from its first byte, also if nothing came of it. */
export function judgeNoCopyPlacedIn(check: NoCopyPlacedIn, history: History): Judgement {
  const { powerArea, fromMs, toMs } = check;
  const isHere = (site: string): boolean => history.powerAreas.get(site) === powerArea;
  const written = history.writes.find(
    (write) => isHere(write.site) && write.fromMs <= toMs && write.toMs >= fromMs,
  );
  if (written !== undefined) {
    return fails(`a copy was written to ${written.site} from ${timeText(written.fromMs)} on`);
  }
  const isElsewhere = [...history.powerAreas.values()].every((area) => area !== powerArea);
  if (isElsewhere && !listedCities().some((city) => city.powerArea === powerArea)) {
    return fails(`no power area is called ${powerArea}`);
  }
  if (isElsewhere) return holds(`no site of this replay is in ${powerArea}`);
  return holds(`nothing was written in ${powerArea} in that time`);
}

/** What has begun counts; a plan that came to nothing has moved nothing. */
export function judgeNoMoveFrom({ site }: NoMoveFrom, history: History): Judgement {
  const left = history.moves.find(
    ({ leaves, startedMs }) => leaves === site && startedMs !== undefined,
  );
  if (left?.startedMs !== undefined) {
    return fails(`at ${timeText(left.startedMs)} a move left ${site}: ${left.reason}`);
  }
  const retired = history.copies.find((copy) => copy.site === site && copy.retiredMs !== undefined);
  if (retired?.retiredMs !== undefined) {
    return fails(`a copy at ${site} was retired at ${timeText(retired.retiredMs)}`);
  }
  return holds(`no move left ${site}`);
}

export function judgeMovesComplete({ byMs }: MovesComplete, history: History): Judgement {
  const open = history.moves.filter((move) => isOpenAt(move, byMs));
  const [first] = open;
  if (first !== undefined) {
    const where = first.to === undefined ? '' : ` to ${first.to}`;
    return fails(
      `${countOf(open.length, 'move')} unfinished then, such as the one${where} of ${timeText(first.madeMs)}`,
    );
  }
  const done = history.moves.filter(({ endedMs }) => (endedMs ?? Number.POSITIVE_INFINITY) <= byMs);
  if (done.length === 0) return holds('nothing was planned until then');
  const lastMs = Math.max(...done.map(({ endedMs }) => endedMs ?? 0));
  return holds(`all ${countOf(done.length, 'move')} had ended, the last at ${timeText(lastMs)}`);
}
