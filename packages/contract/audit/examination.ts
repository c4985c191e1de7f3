// What a store found when it read all of one copy, signed. It is made before anything is healed, and says what was
// found on the day of the damage: who asks later, after the store has healed itself, is told the same.
import { type CopyId, copyId, fromHex, type StoreId, toHex, utf8 } from '@kura/base';
import {
  beginBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from '../signed.ts';
import {
  FINDING_BYTES,
  type Finding,
  MAX_FINDINGS,
  readFinding,
  writeFinding,
} from './findings.ts';
import {
  HASH_BYTES,
  openStoreWord,
  readChoice,
  readFlag,
  readMany,
  readStoreId,
  type StoreWordCheck,
  writeChoice,
} from './store-word.ts';

/** intact: all of it · healed: it was damaged, and is whole again · damaged: beyond its parity, set aside. */
export const EXAMINATION_STATES = ['intact', 'healed', 'damaged', 'missing'] as const;
export type ExaminationState = (typeof EXAMINATION_STATES)[number];

/**
 * agrees: parity is what it was, and leads back to the table's hashes · rebuilt: parity itself had decayed and came
 * back · damaged: too much is lost to say · changed: parity was made anew over leaves that were exchanged: no decay
 * does that.
 */
export const PARITY_STATES = ['agrees', 'rebuilt', 'damaged', 'changed'] as const;
export type ParityState = (typeof PARITY_STATES)[number];

export interface ExaminationFields {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  /** The store's clock, when it signed. */
  readonly timeMs: number;
  readonly state: ExaminationState;
  /** 0 if nothing there tells it. */
  readonly leafCount: number;
  /** That of the store's own table: compare it with what the store acknowledged. 32 zeros if there is none. */
  readonly root: Uint8Array;
  readonly parity: ParityState;
  /** Leaves that were wrong in all; `findings` names the first of them. */
  readonly wrongLeaves: number;
  readonly findings: readonly Finding[];
  /** When the findings were made: `timeMs`, or the day of an earlier check within the last 30 days. */
  readonly foundMs: number;
  /** Leaves that the medium gave errors for, on this device, in 30 days. */
  readonly mediumErrors: number;
  /** The store had told its coordinator of these findings by itself. */
  readonly reportedBefore: boolean;
}

export interface Examination extends ExaminationFields {
  /** Fields and signature, as they are kept for evidence. */
  readonly signed: Uint8Array;
}

const HEAD_BYTES = 1 + 16 + 32 + 8 + 1 + 4 + HASH_BYTES + 1 + 4 + 8 + 4 + 1 + 2;
const MAX_BODY_BYTES = HEAD_BYTES + MAX_FINDINGS * FINDING_BYTES;
export const MAX_EXAMINATION_BYTES = MAX_BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'examination',
  domain: utf8('kura/1 examination\n'),
  bodyBytes: { min: HEAD_BYTES, max: MAX_BODY_BYTES },
};

/** `seed`: the store's, 32 bytes. Of more than `MAX_FINDINGS` findings the first are written. */
export function signExamination(fields: ExaminationFields, seed: Uint8Array): Examination {
  const findings = fields.findings.slice(0, MAX_FINDINGS);
  const writer = beginBody(FORM);
  writer.raw(fromHex(fields.storeId));
  writer.raw(fromHex(fields.copyId));
  writer.u64(BigInt(fields.timeMs));
  writeChoice(writer, EXAMINATION_STATES, fields.state);
  writer.u32(fields.leafCount);
  writer.raw(fields.root);
  writeChoice(writer, PARITY_STATES, fields.parity);
  writer.u32(fields.wrongLeaves);
  writer.u64(BigInt(fields.foundMs));
  writer.u32(fields.mediumErrors);
  writer.u8(fields.reportedBefore ? 1 : 0);
  writer.u16(findings.length);
  for (const finding of findings) writeFinding(writer, finding);
  return { ...fields, findings, signed: signBody(FORM, writer, seed) };
}

export interface ExaminationCheck extends StoreWordCheck {
  readonly copyId: CopyId;
}

/** Throws `refused` unless this store examined this copy. */
export function openExamination(signed: Uint8Array, check: ExaminationCheck): Examination {
  const { storeKey, storeId } = check;
  const examination = openStoreWord(FORM, signed, {
    ...{ storeKey, storeId },
    read: (reader): ExaminationFields => {
      const fields = {
        storeId: readStoreId(reader),
        copyId: copyId(toHex(reader.raw(32))),
        timeMs: readWhole(reader, FORM),
        state: readChoice(reader, EXAMINATION_STATES),
        leafCount: reader.u32(),
        root: reader.raw(HASH_BYTES).slice(),
        parity: readChoice(reader, PARITY_STATES),
        wrongLeaves: reader.u32(),
        foundMs: readWhole(reader, FORM),
        mediumErrors: reader.u32(),
        reportedBefore: readFlag(reader),
      };
      return { ...fields, findings: readMany(reader, MAX_FINDINGS, () => readFinding(reader)) };
    },
  });
  if (examination.copyId === check.copyId) return examination;
  throw refusal(FORM, 'copy', 'it is of another copy');
}
