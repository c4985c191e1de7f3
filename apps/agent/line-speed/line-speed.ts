// How fast the line is, from what was sent over it, and how large packs may be on it: on a slow line a large pack
// that is interrupted has to be sent again from its first byte (C8).
import { type Disk, KIB, type NetworkShape, type Random, SECOND_MS, utf8 } from '@kura/base';
import { readCachedJson, replaceFile } from '../small-file.ts';

/** One upload, from its first byte to its acknowledgement. */
export interface Sent {
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** More would remember the line of before, fewer would follow every hiccup. */
const MAX_SAMPLES = 8;

/** Bytes a second of the last uploads; what ran at the same time counts its time once. */
export class LineSpeed {
  readonly #samples: Sent[] = [];
  #bytesPerS: number | undefined;

  /** `bytesPerS`: of the run before; undefined if there was none. */
  constructor(bytesPerS: number | undefined) {
    this.#bytesPerS = bytesPerS;
  }

  /** Undefined as long as nobody has measured. */
  get bytesPerS(): number | undefined {
    return this.#bytesPerS;
  }

  note(sent: Sent): void {
    this.#samples.push(sent);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    const busyMs = timeOf(this.#samples);
    if (busyMs > 0) this.#bytesPerS = (bytes / busyMs) * SECOND_MS;
  }
}

/** How long at least one of them was under way. */
function timeOf(samples: readonly Sent[]): number {
  let busyMs = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const { startMs, endMs } of samples.toSorted((a, b) => a.startMs - b.startMs)) {
    busyMs += Math.max(0, endMs - Math.max(startMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return busyMs;
}

const MBIT_BYTES = 125_000;
/** Below the first, packs are of the smallest size; below the second, of the medium one. Bytes a second. */
export type SpeedTable = readonly [small: number, medium: number];
/** The largest size takes a minute on the first, seven seconds on the second. */
export const STANDARD_SPEEDS: SpeedTable = [2 * MBIT_BYTES, 20 * MBIT_BYTES];

/** Leaves of the largest pack to be sent over a line of this speed; an unknown one is taken for fast. */
export function maxLeavesAt(
  bytesPerS: number | undefined,
  { packLeaves: [small, medium, large] }: Pick<NetworkShape, 'packLeaves'>,
  [belowSmall, belowMedium]: SpeedTable = STANDARD_SPEEDS,
): number {
  if (bytesPerS === undefined || bytesPerS >= belowMedium) return large;
  return bytesPerS < belowSmall ? small : medium;
}

const MAX_FILE_BYTES = 4 * KIB;

function pathOf(homeFolder: string): string {
  return `${homeFolder}/agent/line.json`;
}

/** Undefined if nobody has measured, or the file is damaged: it is a cache. */
export function readLineSpeed(disk: Disk, homeFolder: string): number | undefined {
  const path = pathOf(homeFolder);
  const { bytesPerS } = readCachedJson(disk, { path, maxBytes: MAX_FILE_BYTES });
  const isSpeed = typeof bytesPerS === 'number' && Number.isFinite(bytesPerS) && bytesPerS > 0;
  return isSpeed ? bytesPerS : undefined;
}

export async function writeLineSpeed(
  access: { readonly disk: Disk; readonly random: Random },
  homeFolder: string,
  bytesPerS: number,
): Promise<void> {
  const text = `${JSON.stringify({ version: 1, bytesPerS: Math.round(bytesPerS) })}\n`;
  await replaceFile(access, pathOf(homeFolder), utf8(text));
}
