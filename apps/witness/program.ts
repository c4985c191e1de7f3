// `kura serve witness`: one key, a list of logs, one thing to ask. Whatever keeps it from remembering what it has
// signed ends the process; started again, it believes what the disk says.
import { type AlarmClock, type Disk, KuraError, type Random, readSmallFile } from '@kura/base';
import { ADD_CHECKPOINT, MAX_ADD_CHECKPOINT_BYTES } from '@kura/contract/wire/add-checkpoint.ts';
import type { Log, Metrics, Program, WitnessConfig } from '@kura/daemon';
import type { LogKey, WitnessSigner } from '@kura/log';
import { type PlainService, servePlain } from '@kura/wire/server/plain.ts';
import { readWitnessSeed } from './found.ts';
import type { Judgement } from './judge.ts';
import { KeptCheckpoints } from './kept-checkpoints.ts';
import { MAX_LOGS_BYTES, parseKnownLogs } from './known-logs.ts';
import { Witness } from './witness.ts';

export interface WitnessSurroundings {
  readonly disk: Disk;
  readonly clock: AlarmClock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A log that signed these cannot be trusted by anybody: somebody should look. */
const LIES: ReadonlySet<Judgement['kind']> = new Set<Judgement['kind']>(['forked', 'inconsistent']);

export class WitnessProgram implements Program {
  readonly #config: WitnessConfig;
  readonly #surroundings: WitnessSurroundings;
  #logs: ReadonlyMap<string, LogKey> = new Map();
  #service: PlainService | undefined;
  #failure: string | undefined;

  constructor(config: WitnessConfig, surroundings: WitnessSurroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
  }

  /** "127.0.0.1:7446" as bound. */
  get address(): string | undefined {
    return this.#service?.address;
  }

  async start(): Promise<void> {
    const { disk, random, clock, log } = this.#surroundings;
    const { state, listen, witness: settings } = this.#config;
    const seed = readWitnessSeed(this.#config, disk);
    const kept = KeptCheckpoints.open({ disk, random }, state);
    const signer: WitnessSigner = { name: settings.name, seed };
    this.#logs = this.#readLogs();
    // What is damaged is known before the first question, not by it.
    for (const known of this.#logs.values()) kept.read(known);
    const witness = new Witness({
      ...{ signer, kept },
      logs: () => this.#logs,
      nowMs: () => clock.nowMs(),
      onJudged: (origin, kind) => this.#note(origin, kind),
    });
    const post = {
      maxBytes: MAX_ADD_CHECKPOINT_BYTES,
      answer: (body: Uint8Array) => this.#answer(witness, body),
    };
    const posts = { [`/${ADD_CHECKPOINT}`]: post };
    this.#service = await servePlain(listen.address, {}, { posts, setting: 'listen.address' });
    log.event('info', 'witnessing', { address: this.#service.address, count: this.#logs.size });
  }

  ready(): readonly string[] {
    return this.#failure === undefined ? [] : [this.#failure];
  }

  /** The list of logs anew; one that is wrong changes nothing. */
  async reload(): Promise<void> {
    this.#logs = this.#readLogs();
  }

  async stop(): Promise<void> {
    this.#service?.close();
  }

  async #answer(witness: Witness, body: Uint8Array) {
    if (this.#failure !== undefined) throw new KuraError('io', this.#failure);
    try {
      return await witness.addCheckpoint(body);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** From now on nothing is cosigned: nobody knows any more what the disk will say. */
  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error.message : String(error);
    // Outside of the request that met it, so that it ends the process as any error that nobody expected.
    this.#surroundings.clock.after(0, () => {
      throw error;
    });
  }

  #note(origin: string, kind: Judgement['kind']): void {
    const { log, metrics } = this.#surroundings;
    metrics.counter('kura_witness_answers_total').add(1, { answer: kind });
    if (kind === 'consistent') log.event('debug', 'cosigned', { log: origin });
    else if (LIES.has(kind))
      log.event('error', 'the log contradicts itself', { log: origin, why: kind });
    else log.event('info', 'not cosigned', { log: origin, why: kind });
  }

  #readLogs(): ReadonlyMap<string, LogKey> {
    const path = this.#config.witness.logs;
    const refuse = (): never => {
      throw new KuraError('usage', `${path} is longer than any list of logs`);
    };
    const bytes = readSmallFile(this.#surroundings.disk, {
      path,
      maxBytes: MAX_LOGS_BYTES,
      refuse,
    });
    if (bytes === undefined) {
      throw new KuraError('usage', `${path} is not there`, {
        guidance: 'Write the verifier keys of the logs into it, one a line; it may be empty.',
      });
    }
    return parseKnownLogs(Buffer.from(bytes).toString('utf8'));
  }
}

export function witnessProgram(
  config: WitnessConfig,
  surroundings: WitnessSurroundings,
): WitnessProgram {
  return new WitnessProgram(config, surroundings);
}
