// Texts of the network in the words of a manifest: stores by their sites, and sizes as large as what they stand for.
import { formatBytes } from '@kura/base';
import type { FoundedReplay } from './found-replay.ts';

export type Naming = (text: string) => string;

/** Sizes as `formatBytes` writes them. */
const SIZE = /\b(\d+(?:\.\d+)?) (B|KiB|MiB|GiB)\b/g;
const STEP_OF = ['B', 'KiB', 'MiB', 'GiB'];

export function namingOf({ shelves, scale }: FoundedReplay): Naming {
  const sites = new Map<string, string>(shelves.all.map(({ storeId, site }) => [storeId, site]));
  const sizeOf = (_: string, value: string, step: string): string =>
    formatBytes(scale.realBytes(Number(value) * 1024 ** STEP_OF.indexOf(step)));
  return (text) =>
    text.replace(/\b[0-9a-f]{32}\b/g, (id) => sites.get(id) ?? id).replace(SIZE, sizeOf);
}
