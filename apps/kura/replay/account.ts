// A replay in words: what was heard, what the network made of it, and when it was done.
import { isoTime } from '@kura/base';
import type { MoveLife } from '@kura/coordinator/hazards/replay/history.ts';
import type { Verdict } from '@kura/coordinator/hazards/replay/judge.ts';
import type { HeardStep } from '@kura/coordinator/hazards/replay/step-feed.ts';
import type { SiteRisk } from '@kura/coordinator/hazards/risk/table.ts';
import { paint } from '../output/style.ts';
import type { Moment } from './moment.ts';
import type { Naming } from './naming.ts';

const INDENT = ' '.repeat(21);
/** Sites whose risk is nearer to base than this are not worth a word. */
const NEWS_UNREACHABLE = 0.005;
const NEWS_LOST = 1e-5;
const MAX_TITLES = 4;

export class Account {
  /** Risks as they were told last, so that only changes are told. */
  readonly #told = new Map<string, string>();

  lines(moment: Moment, named: Naming): string[] {
    const said = [
      ...moment.heard.flatMap((heard) => this.#heardText(heard)),
      ...moment.power.map(({ site, what }) => `${site}: ${what}`),
      ...this.#riskTexts(moment),
      ...moment.stances.map(({ site, stance }) => `stance towards ${site}: ${stance}`),
      ...moment.moves.flatMap((move) => this.#moveTexts(move, moment.atMs)),
    ];
    const time = `${isoTime(moment.atMs).slice(0, 19).replace('T', ' ')}  `;
    return said.map((text, index) => (index === 0 ? time : INDENT) + named(text));
  }

  #heardText({ step, reading }: HeardStep): string[] {
    const titles = reading.reports.map(({ title, type, isAllClear }) => {
      if (type === 'cancel') return `${title} (withdrawn)`;
      return isAllClear ? `${title} (over)` : title;
    });
    const shown = titles.slice(0, MAX_TITLES).join('; ');
    const more = titles.length > MAX_TITLES ? `; and ${titles.length - MAX_TITLES} more` : '';
    const ignored = Object.entries(reading.ignored).map(
      ([why, count]) => `${count} left aside (${why})`,
    );
    const said = [shown + more, ...ignored].filter((text) => text !== '').join('; ');
    const problems = reading.problems.map(({ message }) => `${step.source}: not read: ${message}`);
    return [
      `${paint('strong', step.source)}: ${said === '' ? 'nothing that counts' : said}`,
      ...problems,
    ];
  }

  #riskTexts({ look }: Moment): string[] {
    const texts: string[] = [];
    for (const [site, risk] of look.risks) {
      const text = riskText(risk);
      if (text === (this.#told.get(site) ?? riskText({ ...risk, ...risk.base }))) continue;
      this.#told.set(site, text);
      texts.push(`risk of ${site} within 7 days: ${text}`);
    }
    return texts;
  }

  #moveTexts(move: MoveLife, atMs: number): string[] {
    const packs = `${move.packs} pack${move.packs === 1 ? '' : 's'} of ${move.member}`;
    const what =
      move.kind === 'add' ? `${packs} to ${move.to}` : `${packs}: the copy in ${move.leaves} goes`;
    const late = move.isLate ? ' (late)' : '';
    const waits = move.state === 'approval' ? ' (waits for the operator)' : '';
    const plan = move.madeMs === atMs ? [`plan: ${what}${late}${waits}: ${move.reason}`] : [];
    if (plan.length > 0 && move.endedMs === undefined) return plan;
    const note = move.note === '' ? '' : `: ${move.note}`;
    return [...plan, `${what}: ${move.state}${note}`];
  }
}

function riskText({ lost, unreachable, base }: SiteRisk): string {
  const isNear = unreachable - base.unreachable < NEWS_UNREACHABLE && lost - base.lost < NEWS_LOST;
  if (isNear) return 'as ever';
  return `lost ${lost.toExponential(0)}, unreachable ${(100 * unreachable).toFixed(0)} %`;
}

export function verdictLines(verdicts: readonly Verdict[], named: Naming): string[] {
  return verdicts.map(({ check, violated, why }) => {
    const word = violated ? paint('bad', 'violated') : paint('good', 'holds   ');
    return `${word}  ${check}: ${named(why)}`;
  });
}
