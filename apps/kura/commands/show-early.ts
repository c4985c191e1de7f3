// What this device has seen of backups that it handed over (`--hang-up early`), in `check` and `backup`.
import { formatBytes } from '@kura/base';
import { shortId } from '../cli/select.ts';
import { localTime, plural } from './show.ts';
import type { CommandContext } from './types.ts';
import type { EarlyView } from './views.ts';

const MAX_SHOWN_FAULTS = 20;

/** A line a backup if all is well; warnings for what is missing. */
export function tellEarly(views: readonly EarlyView[], context: CommandContext): void {
  for (const view of views) tellOne(view, context);
}

function tellOne(view: EarlyView, context: CommandContext): void {
  const { output } = context;
  const { state, packs, packsGone, packsUnremembered, faults, awayCities } = view;
  const what = `${shortId(view.snapshotId)}, handed over ${localTime(view.handedOverMs, context)}`;
  if (state === 'waiting') output.line(`${what}: the network has not made a snapshot of it yet`);
  if (state === 'failed') {
    output.warning(`${what}: the network gave it up; what it did not keep is sent by a backup`);
  }
  if (state === 'missing') {
    output.warning(`${what}: the network has ended it and shows no snapshot (see kura inbox)`);
  }
  if (state !== 'open' && state !== 'done') return;
  const read = `${plural(view.copiesRead, 'copy', 'copies')} now, ${formatBytes(view.bytesRead)}`;
  const seen = `${view.packsSeen} of ${plural(packs, 'pack')} seen at strength (${read})`;
  output.line(`${what}: ${seen}`);
  const where = awayCities.join(', ');
  if (where !== '') output.warning(`${what}: nobody could be asked in ${where}`);
  if (packsGone > 0) output.line(`  ${plural(packsGone, 'pack')} gone since, as after a prune`);
  if (packsUnremembered > 0) {
    output.line(`  of ${plural(packsUnremembered, 'pack')} nothing was kept to compare`);
  }
  for (const { packId, cityName, why } of faults.slice(0, MAX_SHOWN_FAULTS)) {
    const at = cityName === undefined ? '' : ` in ${cityName}`;
    output.warning(`pack ${shortId(packId)}${at}, handed over: ${why}`);
  }
  const more = faults.length - MAX_SHOWN_FAULTS;
  if (more > 0) output.line(`  and ${plural(more, 'more fault')}`);
}

/** Nothing where nothing was handed over. */
export function earlyJson(views: readonly EarlyView[]) {
  if (views.length === 0) return {};
  return {
    handed_over: views.map((view) => ({
      snapshot_id: view.snapshotId,
      time: new Date(view.handedOverMs).toISOString(),
      state: view.state,
      packs: view.packs,
      packs_seen: view.packsSeen,
      packs_gone: view.packsGone,
      packs_unremembered: view.packsUnremembered,
      packs_lost: view.packsLost,
      copies_read: view.copiesRead,
      bytes_read: view.bytesRead,
      faults: view.faults.map(({ packId, storeId, cityName, why }) => ({
        ...{ pack_id: packId, store: storeId ?? null, city_name: cityName ?? null, why },
      })),
      away: view.awayCities,
    })),
  };
}

/** What of it is weaker than it should be, and what no store has as it was handed over. */
export function earlyCounts(views: readonly EarlyView[]): {
  readonly weak: number;
  readonly lost: number;
} {
  const weak = views.reduce((sum, { state, faults }) => {
    const isGivenUp = state === 'failed' || state === 'missing';
    return sum + faults.length + (isGivenUp ? 1 : 0);
  }, 0);
  return { weak, lost: views.reduce((sum, { packsLost }) => sum + packsLost, 0) };
}
