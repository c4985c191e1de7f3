// Has the newest checkpoint cosigned, in rounds that follow each other: whoever asks while one is under way waits for
// the next, so that a hundred commits cost one round. A checkpoint is shown to a witness only after its transaction.
import { type AlarmClock, must, SECOND_MS } from '@kura/base';
import { transact } from '@kura/database';
import { judgeWitnesses, type LogKey, parseNote, parseVerifierKey } from '@kura/log';
import { type OutsideClient, openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { WitnessesTable, WitnessTrouble } from '../db/log-tables.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { askWitness, type WitnessAnswer } from './ask-witness.ts';
import { proveConsistency } from './proofs.ts';
import { readHeads } from './prove-entry.ts';
import { readPolicy, readWitnesses } from './witnesses.ts';

export interface CosignerParts {
  readonly database: CoordinatorDatabase;
  readonly log: LogKey;
  readonly clock: AlarmClock;
  /** A witness does not, or does again, what it should: told when it changes. */
  readonly onTrouble: (witness: string, trouble: WitnessTrouble | undefined, why: string) => void;
  /** A round failed by itself: the leaf is committed all the same, and the background tries again. */
  readonly onFailure: (why: string) => void;
  /** Leaves that a witness has not seen, after a round. */
  readonly onLag?: (witness: string, leaves: number) => void;
}

/** Whoever commits waits so long, and no witness is waited for longer. */
export const COSIGN_MS = 2 * SECOND_MS;
/** A witness that did not answer is left to the background for so long: no commit waits for it. */
const REST_MS = 30 * SECOND_MS;
const CONNECTIONS = 2;

/** The newest checkpoint, and what it takes to have it cosigned. */
interface Round {
  readonly size: number;
  readonly checkpoint: string;
  readonly witnessed: string | undefined;
  readonly witnessedSize: number;
  readonly witnesses: readonly WitnessesTable[];
}

interface Asked {
  readonly name: string;
  readonly answer: WitnessAnswer;
  /** Of what it was asked, which may be newer than where the round began. */
  readonly size: number;
}

export class Cosigner {
  readonly #parts: CosignerParts;
  /** Opened with the first question: a network without witnesses asks none. */
  #client: OutsideClient | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  readonly #restUntilMs = new Map<string, number>();

  constructor(parts: CosignerParts) {
    this.#parts = parts;
  }

  close(): void {
    this.#client?.close();
  }

  /** After a commit: resolves when a round that began later has ended, or after two seconds. Never throws. */
  async soon(): Promise<boolean> {
    const { clock } = this.#parts;
    let disarm: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      disarm = clock.after(COSIGN_MS, resolve);
    });
    try {
      await Promise.race([this.#join(), late]);
      return true;
    } finally {
      disarm();
    }
  }

  /** In the background: also witnesses that rest. */
  catchUp(): Promise<void> {
    this.#restUntilMs.clear();
    return this.#join();
  }

  #join(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#running = this.#round()
      .catch((error: unknown) =>
        this.#parts.onFailure(error instanceof Error ? error.message : String(error)),
      )
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #round(): Promise<void> {
    const { database } = this.#parts;
    const round = await database.read(readRound);
    if (round === undefined) return;
    const nowMs = this.#parts.clock.elapsedMs();
    const due = round.witnesses.filter(
      ({ name, cosigned_size: seen }) =>
        (seen < round.size || round.witnessedSize < round.size) &&
        (this.#restUntilMs.get(name) ?? 0) <= nowMs,
    );
    if (due.length === 0) return;
    const asked = await Promise.all(due.map((witness) => this.#ask(round, witness)));
    await this.#note(round, asked);
  }

  async #ask(round: Round, witness: WitnessesTable): Promise<Asked> {
    const { name, cosigned_size: known } = witness;
    const first = await this.#askFrom(round, witness, Math.min(known, round.size));
    if (first.kind !== 'elsewhere') return { name, answer: first, size: round.size };
    // An answer was lost, or another process of the network was faster: it may have a newer head than this round.
    const now = await this.#parts.database.read(readRound);
    const newer = now !== undefined && now.size > round.size ? now : round;
    if (first.size > newer.size) return { name, answer: first, size: newer.size };
    const answer = await this.#askFrom(newer, witness, first.size);
    return { name, answer, size: newer.size };
  }

  async #askFrom(
    { size, checkpoint }: Round,
    { verifier_key: verifierKey, url }: WitnessesTable,
    oldSize: number,
  ): Promise<WitnessAnswer> {
    const proof = await this.#parts.database.read((rows) => proveConsistency(rows, oldSize, size));
    const { clock } = this.#parts;
    this.#client ??= openOutsideClient({
      ...{ clock, connections: CONNECTIONS, deadlineMs: COSIGN_MS },
    });
    const key = parseVerifierKey(verifierKey, 'cosignature');
    return askWitness(this.#client, { key, url }, { oldSize, proof, checkpoint });
  }

  async #note(round: Round, asked: readonly Asked[]): Promise<void> {
    const { database, log, clock, onTrouble, onLag } = this.#parts;
    for (const { name, answer } of asked) {
      if (answer.kind === 'unreachable') {
        this.#restUntilMs.set(name, clock.elapsedMs() + REST_MS);
      }
    }
    await transact(database, async (rows) => {
      for (const one of asked) await noteAnswer(rows, one);
      await noteWitnessed(rows, { log, round, asked, nowMs: clock.nowMs() });
    });
    const before = new Map(round.witnesses.map((witness) => [witness.name, witness]));
    for (const { name, answer, size } of asked) {
      const witness = must(before.get(name), 'only witnesses of the round were asked');
      const trouble = troubleOf({ answer, size });
      const isSeen = answer.kind === 'cosigned';
      onLag?.(name, isSeen ? 0 : size - Math.min(size, witness.cosigned_size));
      if (trouble === (witness.trouble ?? undefined)) continue;
      onTrouble(name, trouble, answer.kind === 'unreachable' ? answer.why : '');
    }
  }
}

/** Undefined if there is nothing to cosign, or nobody who would. */
async function readRound(rows: Rows): Promise<Round | undefined> {
  const witnesses = await readWitnesses(rows);
  if (witnesses.length === 0) return undefined;
  const { newest, witnessed } = await readHeads(rows);
  if (newest === undefined) return undefined;
  const { size, checkpoint } = newest;
  return {
    ...{ size, checkpoint, witnesses },
    witnessed: witnessed?.checkpoint,
    witnessedSize: witnessed?.size ?? 0,
  };
}

function troubleOf({ answer, size }: Pick<Asked, 'answer' | 'size'>): WitnessTrouble | undefined {
  switch (answer.kind) {
    case 'cosigned':
      return undefined;
    case 'elsewhere':
      // At most as large: another process of the network was faster once more.
      return answer.size > size ? 'rolled back' : undefined;
    default:
      return answer.kind;
  }
}

async function noteAnswer(rows: Rows, asked: Asked): Promise<void> {
  const { name, answer, size } = asked;
  const trouble = troubleOf(asked) ?? null;
  await rows.updateTable('witnesses').set({ trouble }).where('name', '=', name).execute();
  if (answer.kind !== 'cosigned') return;
  // Another process of the network may have been further by now.
  await rows
    .updateTable('witnesses')
    .set({ cosigned_size: size, cosigned_ms: answer.timeMs })
    .where('name', '=', name)
    .where('cosigned_size', '<=', size)
    .execute();
}

interface Noted {
  readonly log: LogKey;
  readonly round: Round;
  readonly asked: readonly Asked[];
  readonly nowMs: number;
}

/** The checkpoint of this round with all lines that it has by now, if they are enough. */
async function noteWitnessed(rows: Rows, { log, round, asked, nowMs }: Noted): Promise<void> {
  const lines = asked.flatMap(({ answer, size }) =>
    answer.kind === 'cosigned' && size === round.size ? [answer.line] : [],
  );
  if (lines.length === 0) return;
  const { witnessed } = await readHeads(rows);
  if (witnessed !== undefined && witnessed.size > round.size) return;
  const isSame = witnessed?.size === round.size;
  const before = isSame ? cosignaturesIn(witnessed.checkpoint, round.checkpoint, lines) : [];
  const checkpoint = [round.checkpoint, ...lines, ...before].join('');
  const { isWitnessed } = judgeWitnesses(parseNote(checkpoint), await readPolicy(rows, log));
  if (!isWitnessed) return;
  const columns = { size: round.size, checkpoint, witnessed_ms: nowMs };
  await rows
    .insertInto('log_witnessed')
    .values({ number: 1, ...columns })
    .onConflict((same) => same.column('number').doUpdateSet(columns))
    .execute();
}

/** Lines of the same checkpoint by witnesses who have not just signed again. */
function cosignaturesIn(note: string, checkpoint: string, fresh: readonly string[]): string[] {
  const names = new Set(fresh.map((line) => line.split(' ')[1]));
  return note
    .slice(checkpoint.length)
    .split('\n')
    .filter((line) => line !== '' && !names.has(line.split(' ')[1]))
    .map((line) => `${line}\n`);
}
