// `kura check`: whether everything can be restored, and the repair of what is hurt. Reading only, unless it
// is told to repair; and then the plan comes before the act.
import { formatBytes, KuraError } from '@kura/base';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { percentage } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { paint } from '../output/style.ts';
import type { ReadData } from './requests.ts';
import { localTime, placeText, plural, storeJson } from './show.ts';
import { earlyCounts, earlyJson, tellEarly } from './show-early.ts';
import { historyJson, tellHistory } from './show-history.ts';
import type { CommandContext, CommandServices } from './types.ts';
import type { CheckView, HurtPackView, RepairPlanView } from './views.ts';

interface Options {
  readonly readData?: true;
  readonly readDataSubset?: ReadData;
  readonly repair?: true;
  readonly dryRun?: true;
  readonly acceptOlder?: true;
}

const HELP = `
Without options the tables and the presence of every copy are checked, and a part of
each. --read-data reads all copies and checks every byte. What was handed over with
--hang-up early is compared with what left this device.

Ends with 0 if all is whole, with 22 if everything can be restored but a store is away or
some packs are below strength, with 21 if something can be restored only when a store is
back, with 13 if the stamps of a locked snapshot do not agree, with 23 if the history is not
as this device or its card knows it, with 20 if something has no intact copy left. A repair that
brings everything back to full strength gives up the stores that are away: they no longer
count, until they answer again.

Examples:
  kura check
  kura check --read-data-subset 5%
  kura check --read-data-subset 3/7
  kura check --read-data --repair
`;

const MAX_SHOWN_PACKS = 20;

/** "3/7": the third of seven parts · "5%": a random share. */
export function parseSubset(text: string): ReadData {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (match === null) {
    if (text.endsWith('%')) return { kind: 'share', share: percentage(text) };
    throw new InvalidArgumentError('It is a part such as 3/7 or a share such as 5%.');
  }
  const part = Number(match[1]);
  const of = Number(match[2]);
  if (part >= 1 && part <= of) return { kind: 'part', part, of };
  throw new InvalidArgumentError('The part counts from 1 to the number of parts.');
}

function packJson({ packId, isLost, intactCopies, wantedCopies, hurt }: HurtPackView) {
  return {
    message_type: 'hurt_pack',
    pack_id: packId,
    lost: isLost,
    intact_copies: intactCopies,
    wanted_copies: wantedCopies,
    hurt: hurt.map(({ storeId, cityName, why }) => ({ store: storeId, city_name: cityName, why })),
  };
}

function tellPack(pack: HurtPackView): string {
  const hurt = pack.hurt.map(({ cityName, why }) => `${cityName}: ${why}`).join('; ');
  const strength = `${pack.intactCopies} of ${pack.wantedCopies} copies intact`;
  const state = pack.isLost ? paint('bad', 'LOST') : paint('warning', strength);
  return `  pack ${shortId(pack.packId)} ${state} (${hurt})`;
}

function tell(view: CheckView, readData: ReadData, context: CommandContext): void {
  const { output } = context;
  const { hurtStores, hurtPacks, hurtPackCount, lostPackCount, lostSnapshots } = view;
  const { awayPackCount } = view;
  output.line(`${plural(view.packs, 'pack')} in ${plural(view.snapshots, 'snapshot')} checked`);
  tellHistory(view.history, context);
  output.line(proofsText(view, context));
  const copies = plural(view.copiesRead, 'copy', 'copies');
  const bytes = formatBytes(view.bytesRead);
  const how =
    readData.kind === 'none' ? 'present, a part of each checked' : 'read whole and checked';
  output.line(`${copies} ${how} (${bytes})`);
  tellEarly(view.early, context);
  for (const { store, why } of hurtStores) {
    output.line(paint('warning', `store ${store.folder} in ${placeText(store)}: ${why}`));
  }
  for (const { store, why } of view.storesInDanger) {
    const where = `store ${store.folder} in ${placeText(store)}`;
    const then = view.movesThemselves
      ? 'the network makes further copies (kura moves list)'
      : 'kura moves run makes further copies';
    output.line(paint('warning', `${where} is in danger (${why}): ${then}`));
  }
  for (const { why } of view.shutSnapshots) output.line(paint('bad', why));
  const shown = output.isVerbose ? hurtPacks : hurtPacks.slice(0, MAX_SHOWN_PACKS);
  output.lines(shown.map(tellPack));
  const more = hurtPackCount - shown.length;
  if (more > 0) output.line(`  and ${plural(more, 'more pack')}`);
  if (lostPackCount + lostSnapshots.length > 0) {
    const names = lostSnapshots.map(shortId).join(', ') || 'none';
    output.line(paint('bad', `${plural(lostPackCount, 'pack')} lost; snapshots hurt: ${names}`));
  } else if (awayPackCount > 0) {
    const packs = plural(awayPackCount, 'pack');
    output.line(paint('bad', `${packs} cannot be read before a store is back`));
  } else if (hurtPackCount > 0) {
    output.line(`everything can be restored; ${plural(hurtPackCount, 'pack')} below strength`);
  } else {
    output.line(paint('good', 'everything is whole'));
  }
}

function proofsText({ proofs, snapshots }: CheckView, context: CommandContext): string {
  const { count, oldestMs } = proofs;
  if (oldestMs === undefined) return 'no snapshot was ever proved restorable (kura drill)';
  const never = snapshots > count ? `, ${snapshots - count} never` : '';
  const oldest = localTime(oldestMs, context).slice(0, 10);
  return `${plural(count, 'snapshot')} proved restorable, the oldest proof of ${oldest}${never}`;
}

function recordCheck(view: CheckView, { output }: CommandContext): void {
  for (const pack of view.hurtPacks) output.record(packJson(pack));
  output.record({
    message_type: 'summary',
    packs: view.packs,
    snapshots: view.snapshots,
    copies_read: view.copiesRead,
    bytes_read: view.bytesRead,
    hurt_stores: view.hurtStores.map(({ store, why }) => ({ ...storeJson(store), why })),
    stores_in_danger: view.storesInDanger.map(({ store, why }) => ({ ...storeJson(store), why })),
    hurt_packs: view.hurtPackCount,
    lost_packs: view.lostPackCount,
    away_packs: view.awayPackCount,
    lost_snapshots: view.lostSnapshots,
    shut_snapshots: view.shutSnapshots,
    ...earlyJson(view.early),
    history: historyJson(view.history),
    proved_snapshots: view.proofs.count,
    oldest_proof:
      view.proofs.oldestMs === undefined ? null : new Date(view.proofs.oldestMs).toISOString(),
  });
}

function tellPlan({ steps, hopeless }: RepairPlanView, { output }: CommandContext): void {
  output.line('plan of the repair:');
  for (const { act, copies, bytes, cityName, folder } of steps) {
    const what = `${plural(copies, 'copy', 'copies')} (${formatBytes(bytes)})`;
    output.line(`  ${act} ${what} at ${folder} in ${cityName}`);
  }
  for (const { packs, why } of hopeless) output.line(`  not ${plural(packs, 'pack')}: ${why}`);
  output.record({
    message_type: 'repair_plan',
    steps: steps.map(({ cityName, ...step }) => ({ ...step, city_name: cityName })),
    hopeless: hopeless.map(({ packs, why }) => ({ packs, why })),
  });
}

type Counts = Record<'lost' | 'other' | 'away' | 'shut' | 'weak', number>;

/** `other`: findings about the history that nobody has accepted. */
function exitOf({ lost, other, away, shut, weak }: Counts) {
  if (lost > 0) return EXIT.dataLost;
  if (other > 0) return EXIT.rolledBack;
  if (away > 0) return EXIT.tooFewStores;
  if (shut > 0) return EXIT.refused;
  return weak > 0 ? EXIT.degraded : EXIT.done;
}

/** What no store has any more (`lostSnapshots`) stays lost, whatever is repaired. */
async function repair(
  services: CommandServices,
  {
    lostSnapshots,
    shutSnapshots,
    other,
  }: Pick<CheckView, 'lostSnapshots' | 'shutSnapshots'> & { readonly other: number },
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const done = await services.repair();
  const { copiesHealed, copiesWritten, bytesWritten, packsBelowStrength } = done;
  const { packsAway, packsLost, failures } = done;
  output.line(
    `${copiesHealed} healed, ${copiesWritten} written anew (${formatBytes(bytesWritten)})`,
  );
  const isWhole = packsBelowStrength + packsAway + packsLost === 0;
  const rest = [
    `${packsBelowStrength} below strength`,
    ...(packsAway > 0 ? [`${packsAway} cannot be read before a store is back`] : []),
    ...(packsLost > 0 ? [`${packsLost} lost`] : []),
  ];
  output.line(isWhole ? paint('good', 'everything is whole') : `packs: ${rest.join(', ')}`);
  for (const why of failures) output.line(`  ${why}`);
  output.record({
    message_type: 'repair',
    copies_healed: copiesHealed,
    copies_written: copiesWritten,
    bytes_written: bytesWritten,
    packs_below_strength: packsBelowStrength,
    packs_away: packsAway,
    packs_lost: packsLost,
    failures,
  });
  const lost = packsLost + lostSnapshots.length;
  const shut = shutSnapshots.length;
  context.exitWith(exitOf({ lost, other, away: packsAway, shut, weak: packsBelowStrength }));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  if (options.dryRun === true && options.repair !== true) {
    throw new KuraError('usage', '--dry-run shows the plan of a repair, and none is asked for', {
      guidance: 'Write --repair --dry-run. Without --repair nothing is changed anyway.',
    });
  }
  const services = await context.services();
  const whole: ReadData = { kind: options.readData === true ? 'all' : 'none' };
  const readData = options.readDataSubset ?? whole;
  const view = await services.check({ readData, acceptOlder: options.acceptOlder === true });
  tell(view, readData, context);
  recordCheck(view, context);
  // A store that a repair has given up weakens nothing any more; it is told, and does not count.
  const storesInNeed = view.hurtStores.filter(({ store }) => store.state !== 'lost');
  const hurt = view.hurtPackCount + storesInNeed.length;
  const early = earlyCounts(view.early);
  const lost = view.lostPackCount + view.lostSnapshots.length + early.lost;
  const other = options.acceptOlder === true ? 0 : view.history.findingCount;
  const { lostSnapshots, shutSnapshots, awayPackCount: away } = view;
  const weak = hurt + early.weak;
  context.exitWith(exitOf({ lost, other, away, shut: shutSnapshots.length, weak }));
  if (options.repair !== true || hurt === 0) return;
  tellPlan(await services.planRepair(), context);
  const left = { lostSnapshots, shutSnapshots, other };
  if (options.dryRun !== true) await repair(services, left, context);
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Checks that everything can be restored, and repairs what is hurt.')
    .option('--read-data', 'read all copies and check every byte')
    .addOption(
      new Option('--read-data-subset <part>', 'only a part: 3/7, or a random share: 5%')
        .argParser(parseSubset)
        .conflicts('readData'),
    )
    .option('--repair', 'bring everything back to full strength: the plan first, then the act')
    .option('-n, --dry-run', 'with --repair: only the plan')
    .option('--accept-older', 'what is shown of the history is the history from now on')
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
