// `kura audit status` and `history`: how far the round is, how each store answers, what audits read and what was
// found.
import { formatBytes, toHex } from '@kura/base';
import {
  type AuditAnswers,
  type AuditedStoreView,
  type AuditFindingView,
  MAX_FINDINGS_SHOWN,
  MAX_SEEDS_SHOWN,
} from '@kura/contract/wire/endpoints/audit.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { localTime, plural } from '../commands/show.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';
import type { AuditDesk } from './desk.ts';

const STATUS_HELP = `
Every store is asked each day for 1,425 random leaves, which finds a loss of one percent within
a day; and every copy is looked at whole once in a round of 24 days, compared with the others
or read in full by its store. What that reads of each store is shown, and can be bounded: see
"kura audit bound --help".

Examples:
  kura audit status
  kura audit status --json
`;
const HISTORY_HELP = `
--seeds shows the secrets of days that are over: each hashes to that of the day before, and
with the log's checkpoint of its day anyone draws again what was asked.

Examples:
  kura audit history
  kura audit history --seeds --latest 30 --json
`;

const PAINTS = { good: 'good', watched: 'warning', failed: 'bad' } as const;

function answersJson(answers: AuditAnswers): Json {
  const { leafBytes, compareBytes, fullReadBytes, copiesProved, ...classes } = answers;
  return {
    ...classes,
    leaf_bytes: leafBytes,
    compare_bytes: compareBytes,
    full_read_bytes: fullReadBytes,
    copies_proved: copiesProved,
  };
}

function storeJson(store: AuditedStoreView): Json {
  return {
    message_type: 'store',
    store: store.storeId,
    city: store.city,
    standing: store.standing,
    stored_bytes: store.storedBytes,
    bound_bytes: store.boundBytes ?? null,
    leaf_bytes_per_day: Math.round(store.leafBytesPerDay),
    compare_bytes_per_day: Math.round(store.compareBytesPerDay),
    read_bytes_per_day: Math.round(store.readBytesPerDay),
    round_days: Number.isFinite(store.roundDays) ? store.roundDays : null,
    swift: store.isSwift,
    waiting: store.waiting,
    today: answersJson(store.today),
    last_thirty_days: answersJson(store.lastThirtyDays),
  };
}

function faultsOf({ wrong, missing, unreadable, refused, late, unknown }: AuditAnswers): number {
  return wrong + missing + unreadable + refused + late + unknown;
}

export async function showStatus(desk: AuditDesk): Promise<void> {
  const { output } = desk.context;
  const { schedule, stores } = await desk.answer((port) => port.status());
  if (schedule === undefined) {
    output.line('no audit was made yet');
  } else {
    const { round, slotsDone, slots, roundEndsMs } = schedule;
    const percent = Math.floor((100 * slotsDone) / slots);
    const ends = localTime(roundEndsMs, desk.context);
    output.line(`round ${round + 1}: ${percent} % of the packs had their turn, ends ${ends}`);
    output.record({
      ...{ message_type: 'schedule', day: schedule.day, day_seconds: schedule.dayMs / 1000 },
      ...{ round, slots, slots_done: slotsDone },
      round_began: timeJson(schedule.roundBeganMs),
      round_ends: timeJson(roundEndsMs),
    });
  }
  desk.list<AuditedStoreView>({
    rows: stores,
    json: storeJson,
    none: 'there is no store',
    columns: [
      { title: 'City', cell: (row) => row.city },
      { title: 'Stands', cell: (row) => paint(PAINTS[row.standing], row.standing) },
      { title: 'Stored', align: 'right', cell: (row) => formatBytes(row.storedBytes) },
      { title: 'Line a day', align: 'right', cell: lineText },
      { title: 'Reads a day', align: 'right', cell: (row) => formatBytes(row.readBytesPerDay) },
      { title: 'Round', align: 'right', cell: roundText },
      {
        title: 'Proved, 30 days',
        align: 'right',
        cell: ({ lastThirtyDays: { copiesProved } }) => String(copiesProved),
      },
      { title: 'Faults', align: 'right', cell: (row) => String(faultsOf(row.lastThirtyDays)) },
      { title: 'Waiting', align: 'right', cell: (row) => String(row.waiting) },
    ],
  });
  const slow = stores.filter(({ isSwift }) => !isSwift);
  for (const { city } of slow) {
    output.line(paint('warning', `${city}: its bound is below what finds a loss within a day`));
  }
}

function lineText({ leafBytesPerDay, compareBytesPerDay }: AuditedStoreView): string {
  return formatBytes(leafBytesPerDay + compareBytesPerDay);
}

function roundText({ roundDays }: AuditedStoreView): string {
  return Number.isFinite(roundDays) ? `${Math.ceil(roundDays)} d` : 'never';
}

function placeText({ leaf, firstBit, bits, blocks }: AuditFindingView): string {
  if (leaf === undefined) return 'the copy';
  if (firstBit === undefined) return `leaf ${leaf}`;
  const where = `leaf ${leaf}, byte ${Math.floor(firstBit / 8)}, bit ${firstBit % 8}`;
  const size = bits === 1 ? '1 bit' : `${bits} bits in ${plural(blocks ?? 0, 'block')} of 4 KiB`;
  return `${where}: ${size}`;
}

function findingJson(finding: AuditFindingView): Json {
  return {
    message_type: 'finding',
    number: finding.number,
    time: timeJson(finding.timeMs),
    member: finding.memberId,
    pack: finding.packId,
    store: finding.storeId,
    copy: finding.copyId,
    class: finding.class,
    source: finding.source,
    leaf: finding.leaf ?? null,
    first_bit: finding.firstBit ?? null,
    bits: finding.bits ?? null,
    blocks: finding.blocks ?? null,
  };
}

interface HistoryOptions {
  readonly latest: number;
  readonly seeds?: true;
}

async function history(desk: AuditDesk, { latest, seeds }: HistoryOptions): Promise<void> {
  if (seeds === true) return showSeeds(desk, Math.min(latest, MAX_SEEDS_SHOWN));
  const { findings, cityOf } = await desk.answer(async (port) => {
    const { stores } = await port.status();
    const cities = new Map(stores.map(({ storeId, city }) => [storeId, city]));
    return { findings: await port.findings(latest), cityOf: cities };
  });
  desk.list<AuditFindingView>({
    rows: findings,
    json: findingJson,
    none: 'no audit has found anything wrong',
    columns: [
      { title: 'When', cell: ({ timeMs }) => localTime(timeMs, desk.context) },
      { title: 'Pack', cell: ({ packId }) => shortId(packId) },
      { title: 'Store', cell: ({ storeId }) => cityOf.get(storeId) ?? shortId(storeId) },
      { title: 'What', cell: (row) => row.class },
      { title: 'Seen by', cell: (row) => row.source },
      { title: 'Where', cell: placeText },
    ],
  });
}

async function showSeeds(desk: AuditDesk, limit: number): Promise<void> {
  const seeds = await desk.answer((port) => port.seeds(limit));
  desk.list({
    rows: seeds,
    json: ({ day, secret, checkpoint }) => ({
      ...{ message_type: 'seed', day, secret: toHex(secret), checkpoint },
    }),
    none: 'no day of audits is over yet',
    columns: [
      { title: 'Day', align: 'right', cell: ({ day }) => String(day) },
      { title: 'Secret', cell: ({ secret }) => toHex(secret) },
      { title: 'Log', cell: ({ checkpoint }) => checkpoint.split('\n').slice(0, 2).join(' ') },
    ],
  });
}

export function registerAuditLook(command: Command, desk: AuditDesk): void {
  command
    .command('status')
    .description('how far the audits are, how each store answers, and what they read')
    .addHelpText('after', STATUS_HELP)
    .action(() => showStatus(desk));
  command
    .command('history')
    .description('what audits have found, and where; or how they were drawn')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_FINDINGS_SHOWN), 50)
    .option('--seeds', 'the secrets of days that are over')
    .addHelpText('after', HISTORY_HELP)
    .action((options: HistoryOptions) => history(desk, options));
}
