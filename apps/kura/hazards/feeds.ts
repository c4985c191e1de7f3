// `kura hazards feeds` and `update`: who is asked, how old their word is, and, in an embedded network, asking now.
import { formatDuration } from '@kura/base';
import type { FeedView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Log } from '@kura/daemon';
import type { Command } from 'commander';
import { plural } from '../commands/show.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';
import type { HazardDesk } from './desk.ts';

const FEEDS_HELP = `
Ends with 1 if not one of the feeds has answered. A feed that is down changes nothing: its
events stay, and end by their own times.

Examples:
  kura hazards feeds
  kura hazards feeds --json
`;

const UPDATE_HELP = `
Asks each feed once, unless its time has not come, and makes the risk tables anew: the
next backup keeps out of the way of what is feared. Your address on the internet and the
contact are all that the feeds learn. KURA_HAZARDS_CONTACT may name the contact, the usual
variables a proxy. Run it from a timer; every ten minutes is plenty.

Examples:
  kura hazards update --contact grace@example.org
  kura hazards update --contact grace@example.org --feed usgs --feed nws
`;

function feedJson(row: FeedView): Json {
  return {
    name: row.name,
    outcome: row.outcome,
    asked: timeJson(row.askedMs),
    answered: timeJson(row.goodMs),
    next: timeJson(row.nextMs),
    reports: row.reports,
    problems: row.problems,
    problem: row.problem ?? null,
  };
}

async function showFeeds(desk: HazardDesk): Promise<void> {
  const feeds = await desk.look((port) => port.feeds());
  const nowMs = desk.context.clock.nowMs();
  desk.list<FeedView>({
    rows: feeds,
    json: feedJson,
    none: 'no feed was ever asked',
    columns: [
      { title: 'Feed', cell: (row) => row.name },
      {
        title: 'State',
        cell: ({ outcome }) => (outcome === 'down' ? paint('bad', outcome) : outcome),
      },
      {
        title: 'Age',
        align: 'right',
        cell: ({ goodMs }) => (goodMs === undefined ? 'never' : formatDuration(nowMs - goodMs)),
      },
      { title: 'Reports', align: 'right', cell: (row) => String(row.reports) },
      { title: 'Trouble', cell: ({ problem }) => problem?.slice(0, 70) ?? '' },
    ],
  });
  const isSilent = feeds.length > 0 && feeds.every(({ goodMs }) => goodMs === undefined);
  if (isSilent) desk.context.exitWith(EXIT.failed);
}

interface UpdateOptions {
  readonly contact?: string;
  readonly feed?: readonly string[];
  readonly baseRisk?: string;
  readonly authority?: string;
}

async function update(desk: HazardDesk, options: UpdateOptions): Promise<void> {
  const { environment, output } = desk.context;
  const { feed: feeds, baseRisk, authority } = options;
  const proxy = environment.https_proxy ?? environment.HTTPS_PROXY;
  const contact = options.contact ?? environment.KURA_HAZARDS_CONTACT ?? 'no contact given';
  const { events, found } = await desk.local(async (port) => {
    await port.update({ contact, feeds, baseRisk, authority, proxy }, warningsOf(desk));
    const current = await port.events({ which: 'current', outlines: 'no', limit: 1 });
    return { events: current.total, found: await port.tables({ level: 1 }) };
  });
  const rows = found.flatMap((table) => table.rows);
  const feared = rows.filter(({ stance }) => stance !== 'calm');
  const cities = feared.map(({ city, stance }) => `${city} (${stance})`).join(', ');
  const stores = feared.length === 0 ? 'no store is in danger' : `in danger: ${cities}`;
  output.line(`${plural(events, 'event')} in force; ${stores}`);
  output.record({
    message_type: 'updated',
    events,
    stores: rows.map(({ storeId, city, stance }) => ({ store: storeId, city, stance })),
  });
}

/** What a program would log a person is warned of. */
function warningsOf(desk: HazardDesk): Log {
  return {
    event: (level, name, { feed, why } = {}) => {
      if (level !== 'warning') return;
      desk.context.output.warning(
        [feed, name, why].filter((part) => part !== undefined).join(': '),
      );
    },
  };
}

export function registerFeeds(command: Command, desk: HazardDesk): void {
  command
    .command('feeds')
    .description('show who is asked, and how old their word is')
    .addHelpText('after', FEEDS_HELP)
    .action(() => showFeeds(desk));
  command
    .command('update')
    .description('ask the feeds now (a network of folders; others do it by themselves)')
    .option('--contact <address>', 'whom the operators of feeds can write to')
    .option('--feed <name>', 'only this one (may be repeated)', collect)
    .option('--base-risk <file>', 'CSV of base rates in place of the shipped one')
    .option('--authority <file>', 'PEM, believed in place of what the system trusts')
    .addHelpText('after', UPDATE_HELP)
    .action((options: UpdateOptions) => update(desk, options));
}

function collect(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}
