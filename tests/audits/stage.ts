// Audits on the stage of moves: real tables, stores in memory, a clock that a test moves, and a count of what each
// store was asked for.
import { type CopyId, must, type StoreId } from '@kura/base';
import type { AuditedStore, StorePort } from '@kura/contract';
import { embeddedCopyKeys, Network } from '@kura/coordinator';
import { Auditor } from '@kura/coordinator/audit/auditor.ts';
import type { AuditFigures } from '@kura/coordinator/audit/auditor-parts.ts';
import { hasten } from '@kura/coordinator/audit/calendar.ts';
import { auditSecretOf } from '@kura/coordinator/audit/plan/seeds.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import { loadNative } from '@kura/native';
import { Mortal, type Stage } from '../moves/stage.ts';

const native = loadNative();
export const AUDIT_SECRET = auditSecretOf(NETWORK_SECRET);

/** What happened to one copy at one store. */
export interface Asked {
  readonly atMs: number;
  readonly how: 'compare' | 'full-read' | 'leaf';
  readonly city: string;
  readonly copyId: CopyId;
}

export class Audits {
  readonly asked: Asked[] = [];
  /** Said by stores of these cities, instead of their own answer. */
  readonly answers = new Map<string, Partial<AuditedStore>>();
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** A program that audits, with a life of its own. */
  program(holder: string, mortal = new Mortal()) {
    const stage = this.#stage;
    const database = mortal.tables(stage.database);
    const { charter, clock, random, processes } = stage.network;
    const network = new Network({ database, charter, clock, random, processes });
    const auditor = new Auditor({
      ...{ network, native, auditSecret: AUDIT_SECRET },
      stores: { get: (id) => this.#port(id, mortal) },
      audited: (id) => this.#audited(id, mortal),
      keys: embeddedCopyKeys(NETWORK_SECRET),
    });
    const leases = new Leases({ database, holder });
    return {
      /** All that is due now. */
      run: async (): Promise<AuditFigures[]> => {
        const passes: AuditFigures[] = [];
        for (let hasMore = true; hasMore; ) {
          const lease = must(await leases.take('audits'), 'the lease is free');
          const end = await auditor.pass(lease);
          passes.push(end.figures);
          hasMore = end.hasMore;
        }
        return passes;
      },
    };
  }

  /** All that is left of the round is due now, and done; what it looked at is in `asked`. */
  async round(program: ReturnType<Audits['program']>): Promise<readonly AuditFigures[]> {
    await program.run();
    this.asked.length = 0;
    const { database, clock } = this.#stage;
    await database.transact((rows) => hasten(rows, clock.nowMs()));
    return program.run();
  }

  /** `program` runs now and after each step, until so much time has passed. */
  async live(
    program: ReturnType<Audits['program']>,
    { forMs, stepMs }: { readonly forMs: number; readonly stepMs: number },
  ): Promise<void> {
    const { clock } = this.#stage;
    const endMs = clock.now + forMs;
    for (; clock.now < endMs; clock.now += stepMs) await program.run();
    await program.run();
  }

  #port(id: StoreId, mortal: Mortal): StorePort | undefined {
    const port = this.#stage.ways(mortal).get(id);
    if (port === undefined) return undefined;
    return {
      ...port,
      stat: (copyId) => {
        this.#note('compare', id, copyId);
        return port.stat(copyId);
      },
    };
  }

  #audited(id: StoreId, mortal: Mortal): AuditedStore | undefined {
    const stage = this.#stage;
    const city = stage.cityOf(id);
    if (stage.silent.has(city)) return undefined;
    const store = must(stage.stores.get(city), 'a store');
    const answers = this.answers.get(city);
    return {
      answerLeaves: (challenge, into) =>
        mortal.act(async () => {
          for (const { copyId } of challenge.leaves) this.#note('leaf', id, copyId);
          return (
            (await answers?.answerLeaves?.(challenge, into)) ??
            (await store.answerLeaves(challenge, into))
          );
        }),
      answerFullRead: (challenge) =>
        mortal.act(async () => {
          this.#note('full-read', id, challenge.copyId);
          return (
            (await answers?.answerFullRead?.(challenge)) ?? (await store.answerFullRead(challenge))
          );
        }),
      examine: (copyId) => store.examine(copyId),
    };
  }

  #note(how: Asked['how'], id: StoreId, copyId: CopyId): void {
    const { clock } = this.#stage;
    this.asked.push({ atMs: clock.nowMs(), how, city: this.#stage.cityOf(id), copyId });
  }
}
