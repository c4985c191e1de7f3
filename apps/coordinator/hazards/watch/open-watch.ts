// A watch as its network is configured: which feeds, by what way, on which base rates.
import { readFileSync } from 'node:fs';
import { type AlarmClock, asKuraError, KuraError, SECOND_MS } from '@kura/base';
import type { Log, Metrics } from '@kura/daemon';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { Danger } from '../../moves/danger.ts';
import type { Network } from '../../network.ts';
import { type CatalogueEntry, capFeed, defaultCatalogue } from '../feeds/catalogue.ts';
import { FEED_DEADLINE_MS, fetchOverHttps } from '../feeds/fetch/http-fetch.ts';
import { RiskKeeper } from '../history/risk-keeper.ts';
import { type BaseTable, parseBaseTable } from '../risk/base-table.ts';
import { HazardWatch } from './hazard-watch.ts';

/** As `[hazards]` of a configuration says it. */
export interface WatchSettings {
  /** Whom a feed's operator can write to. */
  readonly contact: string;
  /** Names of the catalogue; undefined: all. */
  readonly feeds?: readonly string[] | undefined;
  /** Further CAP indexes: "NAME https://… [SECONDS]". */
  readonly capFeeds?: readonly string[] | undefined;
  /** "http://host:port" that is asked to CONNECT. */
  readonly proxy?: string | undefined;
  /** PEM file, believed in place of the system's authorities. */
  readonly authority?: string | undefined;
  /** CSV of base rates in place of the shipped one. */
  readonly baseRisk?: string | undefined;
}

export interface WatchSurroundings {
  readonly network: Network;
  readonly clock: AlarmClock;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  readonly onDanger?: ((danger: Danger) => Promise<unknown>) | undefined;
}

/** To one server; feeds of one server share them. */
const CONNECTIONS = 2;
const DEFAULT_INTERVAL_SECONDS = 300;
const LEAST_INTERVAL_SECONDS = 60;
const CAP_FEED = /^(?<name>[a-z][a-z0-9-]{0,39}) (?<url>https:\/\/\S+?)(?: (?<seconds>\d{2,5}))?$/;

export interface OpenWatch {
  readonly watch: HazardWatch;
  readonly keeper: RiskKeeper;
  /** Nobody is asked any more when it resolves. */
  close(): Promise<void>;
}

/** Throws `usage` for what makes no sense, `io` for a file that cannot be read. */
export function openWatch(settings: WatchSettings, surroundings: WatchSurroundings): OpenWatch {
  const { network, clock, log, metrics, onDanger } = surroundings;
  const { contact, proxy, authority } = settings;
  const client = openOutsideClient({
    connections: CONNECTIONS,
    deadlineMs: FEED_DEADLINE_MS,
    ...(authority === undefined ? {} : { authority: readText(authority) }),
    ...{ proxy, clock },
  });
  const userAgent = `kura (${contact})`;
  const keeper = new RiskKeeper({ network, factsOf: factsFrom(settings) });
  const watch = new HazardWatch({
    ...{ database: network.database, keeper, clock, log, metrics, onDanger },
    entries: catalogueOf(settings),
    fetch: fetchOverHttps({ client, userAgent }),
  });
  const close = async (): Promise<void> => {
    client.close();
    await watch.settled();
  };
  return { watch, keeper, close };
}

/** Throws `usage`. */
export function catalogueOf({
  feeds,
  capFeeds = [],
}: Pick<WatchSettings, 'feeds' | 'capFeeds'>): readonly CatalogueEntry[] {
  const all = defaultCatalogue();
  const known = all.map(({ name }) => name);
  const strange = feeds?.find((name) => !known.includes(name));
  if (strange !== undefined) {
    throw new KuraError('usage', `there is no feed "${strange}"`, {
      guidance: `There are: ${known.join(', ')}.`,
    });
  }
  const chosen = all.filter(({ name }) => feeds === undefined || feeds.includes(name));
  const entries = [...chosen, ...capFeeds.map(capEntry)];
  const names = new Set(entries.map(({ name }) => name));
  if (names.size === entries.length) return entries;
  throw new KuraError('usage', 'two feeds have one name');
}

function capEntry(text: string): CatalogueEntry {
  const { name, url, seconds } = CAP_FEED.exec(text)?.groups ?? {};
  if (name === undefined || url === undefined || !URL.canParse(url)) {
    throw new KuraError('usage', `"${text.slice(0, 100)}" is no CAP feed`, {
      guidance: 'Write: NAME https://ADDRESS [SECONDS BETWEEN POLLS].',
    });
  }
  const interval = Math.max(LEAST_INTERVAL_SECONDS, Number(seconds ?? DEFAULT_INTERVAL_SECONDS));
  return capFeed(name, url, { intervalMs: interval * SECOND_MS, isComplete: false });
}

/** Read once: a table that makes no sense keeps a coordinator from starting, not from noticing a flood. */
export function factsFrom({ baseRisk }: Pick<WatchSettings, 'baseRisk'>) {
  if (baseRisk === undefined) return undefined;
  const baseTable: BaseTable = parseBaseTable(readText(baseRisk));
  return () => ({ baseTable });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw asKuraError(error, `cannot read ${path}`);
  }
}
