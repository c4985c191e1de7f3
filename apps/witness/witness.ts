// A witness at work: one request at a time for each log, from the comparison with what was cosigned last to the end of
// the write that replaces it. Between the two nobody else may look: whoever was slower would roll the log back.
import { KuraError, Turns } from '@kura/base';
import {
  type AddCheckpoint,
  decodeAddCheckpoint,
  SIZE_TYPE,
} from '@kura/contract/wire/add-checkpoint.ts';
import { cosign, type LogKey, parseNote, type WitnessSigner } from '@kura/log';
import type { PlainAnswer } from '@kura/wire/server/plain.ts';
import { type Judgement, judge, originOf } from './judge.ts';
import type { KeptCheckpoints } from './kept-checkpoints.ts';

export interface WitnessParts {
  readonly signer: WitnessSigner;
  readonly kept: KeptCheckpoints;
  /** By origin, as they are now. */
  readonly logs: () => ReadonlyMap<string, LogKey>;
  readonly nowMs: () => number;
  /** What was judged, for the witness's own log. */
  readonly onJudged: (origin: string, kind: Judgement['kind']) => void;
}

type Refusal = Exclude<Judgement, { readonly kind: 'consistent' }>;

const TEXT = 'text/plain; charset=utf-8';
const said = (status: number, text: string): PlainAnswer => ({ status, type: TEXT, text });

export class Witness {
  readonly #parts: WitnessParts;
  readonly #turns = new Map<string, Turns>();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** Throws only if what was cosigned could not be read or kept: then the process must end. */
  async addCheckpoint(body: Uint8Array): Promise<PlainAnswer> {
    let request: AddCheckpoint;
    try {
      request = decodeAddCheckpoint(body);
    } catch (error) {
      if (error instanceof KuraError) return said(400, `${error.message}\n`);
      throw error;
    }
    const origin = originOf(request);
    if (origin === undefined) return said(400, 'it brings no checkpoint\n');
    const log = this.#parts.logs().get(origin);
    if (log === undefined) return said(404, 'this witness does not know the log\n');
    return await this.#turnOf(origin).take(() => this.#decide(request, log));
  }

  async #decide(request: AddCheckpoint, log: LogKey): Promise<PlainAnswer> {
    const { kept, onJudged, signer, nowMs } = this.#parts;
    const last = kept.read(log);
    const judgement = judge(request, log, last);
    onJudged(log.origin, judgement.kind);
    if (judgement.kind !== 'consistent') {
      await this.#keepEvidence(judgement, request, log);
      return refusalOf(judgement);
    }
    if (judgement.checkpoint.size > last.size) await kept.replace(log, judgement);
    return said(200, cosign(parseNote(judgement.note).text, signer, nowMs()));
  }

  async #keepEvidence(
    judgement: Judgement,
    { oldSize, checkpoint }: AddCheckpoint,
    log: LogKey,
  ): Promise<void> {
    if (judgement.kind !== 'forked' && judgement.kind !== 'inconsistent') return;
    await this.#parts.kept.keepEvidence({ log, lastSize: oldSize, note: checkpoint });
  }

  #turnOf(origin: string): Turns {
    const turns = this.#turns.get(origin) ?? new Turns();
    this.#turns.set(origin, turns);
    return turns;
  }
}

function refusalOf(refusal: Refusal): PlainAnswer {
  switch (refusal.kind) {
    case 'malformed':
      return said(400, `${refusal.why}\n`);
    case 'unsigned':
      return said(403, `${refusal.why}\n`);
    case 'elsewhere':
    case 'forked':
      return { status: 409, type: SIZE_TYPE, text: `${refusal.lastSize}\n` };
    case 'inconsistent':
      return said(422, 'the proof does not lead from what was cosigned last\n');
  }
}
