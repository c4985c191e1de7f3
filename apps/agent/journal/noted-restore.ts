// A restore as the member's journal tells it: a session, which a prune waits for, and a line that says what it is about
// from its beginning, and from its end what came back. The journal serves the restore, never the other way round: what
// it does not take is told, and stops nothing.
import { AssertionError, type Clock, type Random, type SessionId } from '@kura/base';
import type { CoordinatorPort, SessionOutcome } from '@kura/contract';
import type { SavingKeys } from '@kura/member-seal';
import { Lease } from '../lease.ts';
import type { Brought, RestoreSubject } from './restore-subject.ts';
import { noteSubject } from './subject.ts';

export interface NotingPorts {
  readonly coordinator: Pick<
    CoordinatorPort,
    'beginSession' | 'renewSession' | 'noteSession' | 'endSession'
  >;
  readonly keys: Pick<SavingKeys, 'epoch' | 'publicKeys'>;
  readonly random: Random;
  readonly clock: Clock;
  /** Something that the person should know and that ends nothing. */
  readonly warn: (message: string) => void;
}

/** To be called while the work goes on, as often as it likes: the session lives as long. */
export type KeepAlive = () => void;

/** Rejects only with what `work` rejects with. */
export async function notedRestore<Result>(
  subject: RestoreSubject,
  ports: NotingPorts,
  work: (keepAlive: KeepAlive) => Promise<{ readonly result: Result; readonly brought: Brought }>,
): Promise<Result> {
  const note = new RestoreNote(subject, ports);
  await note.begin();
  let ended: { readonly result: Result; readonly brought: Brought } | undefined;
  try {
    ended = await work(() => note.keepAlive());
    return ended.result;
  } finally {
    await note.end(ended?.brought);
  }
}

class RestoreNote {
  readonly #subject: RestoreSubject;
  readonly #ports: NotingPorts;
  /** Undefined: the network did not begin it. */
  #open: { readonly session: SessionId; readonly lease: Lease } | undefined;
  #renewing: Promise<void> | undefined;
  #hasTold = false;

  constructor(subject: RestoreSubject, ports: NotingPorts) {
    this.#subject = subject;
    this.#ports = ports;
  }

  begin(): Promise<void> {
    return this.#try(async () => {
      const { coordinator, clock } = this.#ports;
      const session = await coordinator.beginSession('restore');
      this.#open = { session, lease: new Lease({ coordinator, session, clock }) };
      await noteSubject(this.#subject, session, this.#ports);
    });
  }

  keepAlive(): void {
    if (this.#renewing !== undefined) return;
    const renewal = this.#open?.lease.renewIfDue();
    if (renewal === undefined) return;
    this.#renewing = this.#try(() => renewal).finally(() => {
      this.#renewing = undefined;
    });
  }

  /** `brought`: undefined of one that failed. */
  async end(brought: Brought | undefined): Promise<void> {
    await this.#renewing;
    const session = this.#open?.session;
    if (session === undefined) return;
    const outcome: SessionOutcome = brought === undefined ? 'failed' : 'done';
    if (brought !== undefined) {
      await this.#try(() => noteSubject({ ...this.#subject, brought }, session, this.#ports));
    }
    await this.#try(() => this.#ports.coordinator.endSession(session, outcome));
  }

  /** Told once: what comes after has the same reason, mostly. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      if (this.#hasTold) return;
      this.#hasTold = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#ports.warn(`this restore is not in the journal as it should be: ${why}`);
    }
  }
}
