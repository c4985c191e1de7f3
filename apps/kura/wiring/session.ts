// What a command has open: the network, and what is read of it. Opened when first wanted, closed by the frame;
// no passphrase is asked for before something needs it. The code of the network is loaded when it is opened, so
// that threads load theirs beside it.
import { refuseChange } from '@kura/agent/card/read-only.ts';
import { homePaths } from '@kura/agent/home.ts';
import type { NetworkAccess } from '@kura/agent/network/access.ts';
import type { Reading } from '@kura/agent/read/reading.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { KuraError } from '@kura/base';
import { type SavingKeys, savingKeys } from '@kura/member-seal';
import type { BackupRequest, LineLimits } from '../commands/requests.ts';
import type { ServiceSettings } from '../commands/types.ts';
import type { LineWay } from '../embedded/line.ts';
import type { OpenNetwork } from '../embedded/open-network.ts';
import { realSurroundings } from '../embedded/surroundings.ts';
import { ThreadAhead } from '../embedded/thread-ahead.ts';
import { ThreadLines } from '../embedded/thread-lines.ts';
import { readPointer } from '../network/home-pointer.ts';
import type { OpenHome, OwnHome } from './open.ts';

/** Threads that seal or restore: as many as help on small machines, no more than memory is worth. */
const MAX_THREADS = 4;

export class Session {
  readonly settings: ServiceSettings;
  readonly surroundings = realSurroundings();
  readonly threadCount: number;
  #network: Promise<OpenHome> | undefined;
  #reading: Promise<Reading> | undefined;
  /** Of locked snapshots, by the epoch of their locks. */
  readonly #opened = new Map<number, Promise<Reading>>();
  #limits: NetworkAccess['limits'] = { sendBytesPerS: 0, receiveBytesPerS: 0 };
  /** A thread that is left over keeps the process alive, so whatever happens they are ended. */
  readonly #lines: ThreadLines[] = [];
  readonly #ahead: ThreadAhead[] = [];
  readonly #closing: (() => void)[] = [];

  constructor(settings: ServiceSettings, processors: number) {
    this.settings = settings;
    this.threadCount = Math.max(1, Math.min(MAX_THREADS, processors));
  }

  /** To be said before the network is opened; of this process, whatever it has of threads. */
  limit({ uploadBytesPerS = 0, downloadBytesPerS = 0 }: LineLimits): void {
    this.#limits = { sendBytesPerS: uploadBytesPerS, receiveBytesPerS: downloadBytesPerS };
  }

  network(): Promise<OpenHome> {
    this.#network ??= this.#openNetwork();
    return this.#network;
  }

  async #openNetwork(): Promise<OpenHome> {
    const { openHome } = await import('./open.ts');
    const { home, secrets, root, environment, card, media, warn, progress } = this.settings;
    const passphrase = (): Promise<string> => secrets.passphrase();
    const line = { environment, limits: this.#limits };
    const options = { homeFolder: home, passphrase, root, card, media, warn, ...line };
    return await openHome(
      {
        ...options,
        onProgress: (done) => progress.update({ phase: 'locating', filesDone: done, bytesDone: 0 }),
      },
      this.surroundings,
    );
  }

  /** For what changes something; throws `unsupported` with a card alone. */
  async own(): Promise<OwnHome> {
    const network = await this.network();
    return network.kind === 'card' ? await refuseChange() : network;
  }

  /** For what only the owner of its stores can do; throws `unsupported` in a network of others. */
  async embedded(): Promise<OpenNetwork> {
    const network = await this.network();
    if (network.kind === 'embedded') return network;
    throw new KuraError(
      'unsupported',
      'the network does this by itself: its stores are not yours',
      {
        guidance: 'Ask whoever runs the network.',
      },
    );
  }

  reading(): Promise<Reading> {
    this.#reading ??= this.#openReading();
    return this.#reading;
  }

  async #openReading(): Promise<Reading> {
    // Its code is loaded while the passphrase is still being stretched.
    const [network, { openReading }] = await Promise.all([
      this.network(),
      import('@kura/agent/read/reading.ts'),
    ]);
    const { progress } = this.settings;
    return await openReading(network, {
      purpose: 'read',
      onRebuilt: (done, total) =>
        progress.update({ phase: 'indexing', filesDone: done, filesTotal: total, bytesDone: 0 }),
    });
  }

  /** Of the tree of one snapshot: under the keys of its lock, if it has one (docs/design/locks.md). */
  readingOf(stored: StoredSnapshot): Promise<Reading> {
    const { lock } = stored.snapshot;
    if (lock === undefined) return this.reading();
    const known = this.#opened.get(lock.epoch);
    if (known !== undefined) return known;
    const reading = this.#openLocked(stored);
    this.#opened.set(lock.epoch, reading);
    return reading;
  }

  async #openLocked(stored: StoredSnapshot): Promise<Reading> {
    const network = await this.network();
    const { openLockedReading } = await import('@kura/agent/lock/locked-reading.ts');
    const { lockHelp } = await import('./locks.ts');
    return await openLockedReading(stored, network, { help: lockHelp(network) });
  }

  /** What was read before no longer holds: something was written. */
  async forgetReading(): Promise<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    await this.#closeOpened();
    if (reading !== undefined) (await reading).close();
  }

  async #closeOpened(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    for (const reading of opened) (await reading.catch(() => undefined))?.close();
  }

  /**
   * `sealing`: keys that are not the member's own. Threads start at once, beside whatever opens the network: one, or
   * all if nothing was ever saved from here.
   */
  lines(sealing?: SavingKeys): ThreadLines {
    const blueprint = this.own().then((home) => ({
      homeFolder: this.settings.home,
      network: home.network,
      keys: savingKeys(sealing ?? home.keys),
      way: lineWay(home, this.threadCount),
      copyKeys: home.copyKeys,
    }));
    const isEmbedded = readPointer(this.surroundings.disk, this.settings.home) === undefined;
    const lines = new ThreadLines(blueprint, {
      way: isEmbedded ? 'embedded' : 'service',
      count: this.threadCount,
      startAtOnce: this.#hasSaved ? 1 : this.threadCount,
    });
    this.#lines.push(lines);
    return lines;
  }

  get #hasSaved(): boolean {
    return this.surroundings.disk.stat(homePaths(this.settings.home).indexFolder) !== undefined;
  }

  /** Undefined if no tree is saved, or for the first time: then the walk waits for the files, not they for it. */
  ahead({ stream, ...request }: BackupRequest): ThreadAhead | undefined {
    if (stream !== undefined || !this.#hasSaved) return undefined;
    const { paths, exclude, excludeCaches, oneFileSystem } = request;
    const ahead = new ThreadAhead({ paths, exclude, excludeCaches, oneFileSystem });
    this.#ahead.push(ahead);
    // While a person still types what is seen grows old: then it begins with the network.
    if (this.settings.root !== undefined) ahead.begin();
    return ahead;
  }

  stopIfAsked(): void {
    if (!this.settings.signal.aborted) return;
    throw new KuraError('interrupted', 'it was interrupted', {
      guidance: 'Run it again: it goes on where it was.',
    });
  }

  /** Something that a command opened and that would keep the process alive. */
  onClose(action: () => void): void {
    this.#closing.push(action);
  }

  async close(): Promise<void> {
    for (const action of this.#closing) action();
    await Promise.all(this.#lines.map((lines) => lines.close()));
    await Promise.all(this.#ahead.map((ahead) => ahead.end()));
    await this.#closeOpened();
    const reading = await this.#reading?.catch(() => undefined);
    reading?.close();
    const network = await this.#network?.catch(() => undefined);
    network?.close();
  }
}

function lineWay(home: OwnHome, threads: number): LineWay {
  return home.kind === 'embedded'
    ? { kind: 'embedded', networkSecret: home.keys.embeddedNetworkSecret }
    : {
        kind: 'service',
        access: shared(home.access, threads),
        packSizes: home.packSizes,
        deviceSeed: home.device.seed,
        letterKeys: home.letterKeys,
      };
}

/** What one of several threads may have of the line. */
export function shared<A extends Pick<NetworkAccess, 'limits' | 'connections'>>(
  access: A,
  threads: number,
): A {
  const share = (bytesPerS: number): number => Math.ceil(bytesPerS / threads);
  const { limits, connections } = access;
  return {
    ...access,
    limits: {
      sendBytesPerS: share(limits.sendBytesPerS),
      receiveBytesPerS: share(limits.receiveBytesPerS),
    },
    connections: Math.max(2, Math.floor(connections / threads)),
  };
}
