// Plays manifests for tests: files of this repository, or manifests by hand over its recorded messages.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DAY_MS, must } from '@kura/base';
import { lookAt } from '@kura/coordinator/hazards/replay/history.ts';
import { readManifest } from '@kura/coordinator/hazards/replay/manifest.ts';
import {
  type NetworkPlan,
  readNetworkFile,
} from '@kura/coordinator/hazards/replay/network-plan.ts';
import { readDataFiles } from '@kura/kura/replay/data-files.ts';
import type { Moment } from '@kura/kura/replay/moment.ts';
import { type Played, playReplay } from '@kura/kura/replay/play.ts';

export const DISASTERS = fileURLToPath(new URL('../../data/hazards/replay/', import.meta.url));
export const STRANGERS = fileURLToPath(new URL('manifests/', import.meta.url));

export interface Playing {
  /** A network file, as JSON. */
  readonly network?: object;
  readonly playOnDays?: number;
  /** Fewer packs than the manifest would have: what is decided for one holds for all. */
  readonly packs?: number;
}

export interface Seen extends Played {
  readonly moments: readonly Moment[];
}

const bytesOf = (value: object): Uint8Array => new Uint8Array(Buffer.from(JSON.stringify(value)));

function fewer(plan: NetworkPlan, packs: number | undefined): NetworkPlan {
  if (packs === undefined) return plan;
  return { ...plan, members: plan.members.map((member) => ({ ...member, packs })) };
}

async function playBytes(bytes: Uint8Array, path: string, playing: Playing): Promise<Seen> {
  const manifest = readManifest(bytes);
  const { network, playOnDays = 0, packs } = playing;
  const given = network === undefined ? manifest.network : readNetworkFile(bytesOf(network)).plan;
  const plan = fewer(must(given, 'a network'), packs);
  const moments: Moment[] = [];
  const played = await playReplay({
    manifest,
    plan,
    files: readDataFiles(path, manifest),
    playOnMs: playOnDays * DAY_MS,
    onMoment: (moment) => moments.push(moment),
  });
  return { ...played, moments };
}

export function playFile(folder: string, name: string, playing: Playing = {}): Promise<Seen> {
  const path = join(folder, `${name}.json`);
  return playBytes(new Uint8Array(readFileSync(path)), path, playing);
}

/** Its files lie among the recorded messages of this repository. */
export function playManifest(manifest: object, playing: Playing = {}): Promise<Seen> {
  return playBytes(bytesOf(manifest), join(DISASTERS, 'by-hand.json'), playing);
}

/** Checks that are violated, with what was said about them. */
export function violatedIn({ verdicts }: Played): Readonly<Record<string, string>> {
  return Object.fromEntries(
    verdicts.filter(({ violated }) => violated).map(({ check, why }) => [check, why]),
  );
}

/** What the network believed of a site at that time. */
export function riskAt({ history }: Played, site: string, time: string) {
  const look = must(lookAt(history, Date.parse(time)), 'a look by then');
  return must(look.risks.get(site), 'a site of the replay');
}
