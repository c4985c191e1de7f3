// Datagrams on a local network: one side hears questions that are sent to a group and answers each to who asked, the
// other asks and gathers answers. What they say is `@kura/contract/nearby.ts`; here is who may be answered, how often,
// and how far anything goes: to the next router, and no further.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type AlarmClock, asKuraError, errnoOf, KuraError, SECOND_MS } from '@kura/base';

/** Administratively scoped (RFC 2365), and nobody else's that we know of. */
export const GROUP = '239.255.75.85';
export const PORT = 7549;
const TTL = 1;
/** Each answer costs eight listings of a folder at the most. */
const ANSWERS_PER_SECOND = 20;
const ANSWERS_PER_ADDRESS = 5;

export interface NearbyListening {
  /** An IPv4 address of this machine: nothing is heard on its other interfaces. */
  readonly address: string;
  readonly port?: number;
  /** Undefined: nothing that concerns anybody here. */
  readonly answer: (question: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Told why something could not be answered, for a log. */
  readonly onFailure: (error: unknown) => void;
  readonly clock: AlarmClock;
}

export interface NearbyListener {
  readonly port: number;
  close(): void;
}

/** Throws `io` if the address is not this machine's, or the port cannot be had. */
export async function listenNearby(listening: NearbyListening): Promise<NearbyListener> {
  const { address, port = PORT, answer, onFailure, clock } = listening;
  const neighbours = neighboursOf(address);
  const bounds = new AnswerBounds(clock);
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (question: Uint8Array, from: RemoteInfo) => {
    if (!neighbours.check(from.address) || !bounds.take(from.address)) return;
    answer(question).then((bytes) => {
      if (bytes !== undefined) socket.send(bytes, from.port, from.address, ignore);
    }, onFailure);
  });
  await bound(socket, () => socket.bind(port, GROUP));
  socket.on('error', onFailure);
  try {
    socket.addMembership(GROUP, address);
    socket.setTTL(TTL);
  } catch (error) {
    socket.close();
    throw asKuraError(error, `nothing can be heard on ${address}`);
  }
  return { port: socket.address().port, close: () => socket.close() };
}

/** A neighbour that has gone is nobody's fault. */
const ignore = (): void => undefined;

/** No queue: who asks too much is not heard. */
export class AnswerBounds {
  readonly #clock: Pick<AlarmClock, 'elapsedMs'>;
  readonly #given = new Map<string, number>();
  #all = 0;
  #sinceMs = 0;

  constructor(clock: Pick<AlarmClock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** False: dropped. */
  take(address: string): boolean {
    const nowMs = this.#clock.elapsedMs();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#all = 0;
      this.#given.clear();
    }
    const given = this.#given.get(address) ?? 0;
    if (this.#all >= ANSWERS_PER_SECOND || given >= ANSWERS_PER_ADDRESS) return false;
    this.#all += 1;
    this.#given.set(address, given + 1);
    return true;
  }
}

/** Addresses of the network that this address of ours is in. */
function neighboursOf(address: string): BlockList {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.address === address && one.family === 'IPv4');
  const prefix = Number(own?.cidr?.split('/')[1]);
  if (own === undefined || !isIPv4(address) || !Number.isInteger(prefix)) {
    throw new KuraError('io', `${address} is no IPv4 address of this machine`, {
      guidance: 'Name the address of the interface on which neighbours may ask.',
    });
  }
  const list = new BlockList();
  list.addSubnet(address, prefix, 'ipv4');
  return list;
}

export interface NearbyAsking {
  /** Datagrams, each sent once on every interface. */
  readonly questions: readonly Uint8Array[];
  /** On which of this machine's addresses; default: all IPv4 ones of other machines' networks. */
  readonly addresses?: readonly string[];
  readonly port?: number;
  /** True: nothing more is waited for. */
  readonly onAnswer: (bytes: Uint8Array) => boolean;
  readonly waitMs: number;
  readonly clock: AlarmClock;
}

/** Resolves when `onAnswer` has enough, or after `waitMs`. Throws `unreachable` if no interface can be used. */
export async function askNearby(asking: NearbyAsking): Promise<void> {
  const { addresses = ownAddresses(), waitMs, clock } = asking;
  const done = Promise.withResolvers<void>();
  const sockets: Socket[] = [];
  const disarm = clock.after(waitMs, done.resolve);
  try {
    for (const address of addresses) {
      const socket = await openAsking(address);
      if (socket === undefined) continue;
      sockets.push(socket);
      socket.on('error', ignore);
      socket.on('message', (bytes: Uint8Array) => {
        if (asking.onAnswer(bytes)) done.resolve();
      });
      for (const question of asking.questions) {
        socket.send(question, asking.port ?? PORT, GROUP, ignore);
      }
    }
    if (sockets.length === 0) {
      throw new KuraError('unreachable', 'this machine is in no network that could be asked', {
        guidance: 'Connect it, or ask the stores that the card knows: without --nearby.',
      });
    }
    await done.promise;
  } finally {
    disarm();
    for (const socket of sockets) socket.close();
  }
}

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flat();
  return all.flatMap((one) =>
    one !== undefined && one.family === 'IPv4' && !one.internal ? [one.address] : [],
  );
}

/** Undefined for an interface that cannot be asked on: others may be. */
async function openAsking(address: string): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  try {
    await bound(socket, () => socket.bind(0, address));
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
  try {
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(TTL);
    return socket;
  } catch (error) {
    socket.close();
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function bound(socket: Socket, bind: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.once('listening', resolve);
  bind();
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw asKuraError(error, 'a port for neighbours cannot be had');
  } finally {
    socket.removeListener('error', reject);
  }
}
