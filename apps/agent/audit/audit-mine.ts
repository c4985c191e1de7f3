// A member's own audit: random places of its own copies, asked of each store over the connection that restores use, so
// that no store and no coordinator can tell the two apart. Each leaf has to lead to the root that was recorded when
// the copy was acknowledged. It changes nothing at the stores; a fault is told as a check tells it.
import {
  AssertionError,
  asKuraError,
  type CopyId,
  type ErrorCode,
  type SessionId,
  type StoreId,
} from '@kura/base';
import { allocatePages } from '@kura/native';
import { isStillHeld, type NoteCopy, noteUnlessDropped, stateSeen } from '../check/note-copy.ts';
import type { AgentContext } from '../context.ts';
import { Lease } from '../lease.ts';
import { allPacks } from '../read/all-packs.ts';
import { CopyFetcher } from '../read/copy-fetcher.ts';
import { withinSession } from '../within-session.ts';
import { drawPlaces, type OwnCopy, type Place } from './draw-places.ts';

export interface OwnAuditPorts extends AgentContext {
  readonly noteCopy: NoteCopy;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface OwnFault {
  readonly copyId: CopyId;
  readonly code: ErrorCode;
  readonly why: string;
}

/** How one store has answered. */
export interface OwnStoreAudit {
  readonly storeId: StoreId;
  /** Of this member, that are held there. */
  readonly copies: number;
  /** Places that were asked for, and those that were as recorded. */
  readonly asked: number;
  readonly right: number;
  readonly bytesRead: number;
  /** One for each copy that is not as recorded. */
  readonly faults: readonly OwnFault[];
  /** Why it could not be asked, or not to the end. */
  readonly away?: string;
}

/** `places`: of each store. In the order of the network's stores; those without a copy are left out. */
export async function auditMine(
  places: number,
  ports: OwnAuditPorts,
): Promise<readonly OwnStoreAudit[]> {
  return await withinSession(ports.coordinator, 'check', async (session) => {
    const audit = new OwnAudit(ports);
    try {
      return await auditStores(places, { ports, session, audit });
    } finally {
      audit.close();
    }
  });
}

interface OpenAudit {
  readonly ports: OwnAuditPorts;
  readonly session: SessionId;
  readonly audit: OwnAudit;
}

async function auditStores(
  places: number,
  { ports, session, audit }: OpenAudit,
): Promise<readonly OwnStoreAudit[]> {
  const { coordinator, network, clock, shape, random } = ports;
  const lease = new Lease({ coordinator, session, clock });
  const byStore = await ownCopies(ports);
  const { windowLeaves } = shape;
  const draws = network.stores.flatMap(({ identity: { storeId } }) => {
    const copies = byStore.get(storeId) ?? [];
    const drawn = drawPlaces(copies, { count: places, windowLeaves, random });
    return drawn.length === 0 ? [] : [{ storeId, copies: copies.length, drawn }];
  });
  const total = draws.reduce((sum, { drawn }) => sum + drawn.length, 0);
  const audits: OwnStoreAudit[] = [];
  for (const { storeId, copies, drawn } of draws) {
    const onPlace = async (): Promise<void> => {
      ports.onProgress?.(audit.done, total);
      await lease.renewIfDue();
    };
    audits.push({ storeId, copies, ...(await audit.store(drawn, onPlace)) });
  }
  return audits;
}

async function ownCopies({
  coordinator,
}: OwnAuditPorts): Promise<ReadonlyMap<StoreId, readonly OwnCopy[]>> {
  const packs = await allPacks(coordinator);
  const copies = packs.flatMap((pack) =>
    pack.copies.filter(({ state }) => state === 'held').map((copy) => ({ pack, copy })),
  );
  return Map.groupBy(copies, ({ copy }) => copy.storeId);
}

type Answers = Omit<OwnStoreAudit, 'storeId' | 'copies'>;

class OwnAudit {
  /** Places that had their turn, of all stores. */
  done = 0;
  readonly #ports: OwnAuditPorts;
  readonly #fetcher: CopyFetcher;
  readonly #window: Uint8Array;

  constructor(ports: OwnAuditPorts) {
    const { stores, copyKeys, native, shape } = ports;
    this.#ports = ports;
    this.#fetcher = new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape });
    this.#window = allocatePages(shape.windowLeaves * shape.leafBytes);
  }

  async store(places: readonly Place[], onPlace: () => Promise<void>): Promise<Answers> {
    const { coordinator } = this.#ports;
    const faults = new Map<CopyId, OwnFault>();
    let asked = 0;
    let right = 0;
    const answers = (away?: string): Answers => ({
      ...{ asked, right, bytesRead: right * this.#window.length, faults: [...faults.values()] },
      ...(away === undefined ? {} : { away }),
    });
    for (const place of places) {
      const { copyId } = place.copy;
      this.done++;
      // One fault is enough: the network looks at all of that copy.
      if (faults.has(copyId)) continue;
      await onPlace();
      const fault = await this.#look(place);
      if (fault !== undefined && stateSeen(fault.code) === 'unreachable') return answers(fault.why);
      const { packId } = place.pack;
      if (fault !== undefined && !(await isStillHeld(coordinator, packId, copyId))) continue;
      asked++;
      if (fault === undefined) right++;
      else {
        faults.set(copyId, fault);
        await this.#tell(place, fault);
      }
    }
    return answers();
  }

  async #look({ copy, firstLeaf }: Place): Promise<OwnFault | undefined> {
    const { windowLeaves } = this.#ports.shape;
    try {
      await this.#fetcher.fetchFrom(copy, { first: firstLeaf, count: windowLeaves }, this.#window);
      return undefined;
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const { code, message } = asKuraError(error, `copy ${copy.copyId} could not be read`);
      return { copyId: copy.copyId, code, why: message };
    }
  }

  async #tell({ pack, copy }: Place, { code, why }: OwnFault): Promise<void> {
    const state = stateSeen(code);
    if (state === 'unreachable') return;
    const seen = { packId: pack.packId, storeId: copy.storeId, state, why };
    await noteUnlessDropped(this.#ports.noteCopy, seen);
  }

  close(): void {
    this.#fetcher.close();
  }
}
