// What a store's own check tells its coordinator with a heartbeat: how far it has come, and what it found since the
// number that the coordinator knows. Telling costs nothing: who hides decay gains nothing by it.
import { type CopyId, copyId, fromHex, type StoreId, toHex, utf8 } from '@kura/base';
import { beginBody, readWhole, SIGNATURE_BYTES, type SignedForm, signBody } from '../signed.ts';
import { EXAMINATION_STATES, type ExaminationState } from './examination.ts';
import {
  ERRNO_FIELD_BYTES,
  openStoreWord,
  readChoice,
  readErrno,
  readMany,
  readStoreId,
  type StoreWordCheck,
  writeChoice,
  writeErrno,
} from './store-word.ts';

export interface ScrubNews {
  /** Counts what this store has ever found; ascending in a report. */
  readonly number: number;
  readonly copyId: CopyId;
  readonly foundMs: number;
  readonly state: ExaminationState;
  readonly wrongLeaves: number;
  /** Of them, those that the medium gave errors for. */
  readonly unreadableLeaves: number;
  /** Of them, those with bytes of another leaf. */
  readonly foreignLeaves: number;
  readonly errno?: string;
}

export interface ScrubReportFields {
  readonly storeId: StoreId;
  readonly timeMs: number;
  /** When the round that is under way began; 0 before the first. */
  readonly roundMs: number;
  /** When the last round began that came to its end; 0 before. Every byte of that time was read since. */
  readonly wholeRoundMs: number;
  readonly copiesRead: number;
  readonly bytesRead: number;
  readonly mediumErrors: number;
  /** At most `MAX_NEWS`; more follow with the next heartbeat. */
  readonly news: readonly ScrubNews[];
}

export interface ScrubReport extends ScrubReportFields {
  readonly signed: Uint8Array;
}

export const MAX_NEWS = 64;
const HEAD_BYTES = 1 + 16 + 8 + 8 + 8 + 8 + 8 + 4 + 2;
const NEWS_BYTES = 8 + 32 + 8 + 1 + 4 + 4 + 4 + ERRNO_FIELD_BYTES;
const MAX_BODY_BYTES = HEAD_BYTES + MAX_NEWS * NEWS_BYTES;
export const MAX_SCRUB_REPORT_BYTES = MAX_BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'scrub report',
  domain: utf8('kura/1 scrub report\n'),
  bodyBytes: { min: HEAD_BYTES, max: MAX_BODY_BYTES },
};

/** `seed`: the store's, 32 bytes. */
export function signScrubReport(fields: ScrubReportFields, seed: Uint8Array): ScrubReport {
  const writer = beginBody(FORM);
  writer.raw(fromHex(fields.storeId));
  for (const value of [
    fields.timeMs,
    fields.roundMs,
    fields.wholeRoundMs,
    fields.copiesRead,
    fields.bytesRead,
  ]) {
    writer.u64(BigInt(value));
  }
  writer.u32(fields.mediumErrors);
  writer.u16(fields.news.length);
  for (const one of fields.news) {
    writer.u64(BigInt(one.number));
    writer.raw(fromHex(one.copyId));
    writer.u64(BigInt(one.foundMs));
    writeChoice(writer, EXAMINATION_STATES, one.state);
    writer.u32(one.wrongLeaves);
    writer.u32(one.unreadableLeaves);
    writer.u32(one.foreignLeaves);
    writeErrno(writer, one.errno);
  }
  return { ...fields, signed: signBody(FORM, writer, seed) };
}

/** Throws `refused` unless this store reports so, its news in order. */
export function openScrubReport(signed: Uint8Array, check: StoreWordCheck): ScrubReport {
  return openStoreWord(FORM, signed, {
    ...check,
    read: (reader): ScrubReportFields => {
      const storeId = readStoreId(reader);
      const whole = (): number => readWhole(reader, FORM);
      const progress = {
        timeMs: whole(),
        roundMs: whole(),
        wholeRoundMs: whole(),
        copiesRead: whole(),
        bytesRead: whole(),
        mediumErrors: reader.u32(),
      };
      let last = 0;
      const news = readMany(reader, MAX_NEWS, () => {
        const number = whole();
        if (number <= last) reader.fail('its news are not in order');
        last = number;
        return {
          number,
          copyId: copyId(toHex(reader.raw(32))),
          foundMs: whole(),
          state: readChoice(reader, EXAMINATION_STATES),
          wrongLeaves: reader.u32(),
          unreadableLeaves: reader.u32(),
          foreignLeaves: reader.u32(),
          ...readErrno(reader),
        };
      });
      return { storeId, ...progress, news };
    },
  });
}
