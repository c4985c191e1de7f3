// A pack's record as a row of `uploads` keeps it: the JSON of the wire, so that there is one form of it.
import type { PackRecord } from '@kura/contract';
import { packRecord } from '@kura/contract/wire/shapes.ts';

export function recordText(record: PackRecord): string {
  return JSON.stringify(packRecord.write(record));
}

export function readRecord(text: string): PackRecord {
  return packRecord.read(JSON.parse(text), '');
}
