// Row A16: what belongs to a message as a file: the receipt of a backup that the network finished by itself, or of
// an event of custody, as `kura receipts verify` reads it. A message without one has none; it is not made up.
import { snapshotId } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { readLoggedEvents } from '../custody/event-receipts.ts';
import { readReceipt } from '../custody/receipts.ts';
import type { InboxKind } from '../db/inbox-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { withWitnesses } from '../log/prove-entry.ts';
import type { Attachment } from './message.ts';

const SNAPSHOT_ID = /^[0-9a-f]{64}$/;
const SHOWN_CHARACTERS = 12;

export async function attachmentOf(
  of: MemberRows,
  { kind, body }: { readonly kind: InboxKind; readonly body: string },
): Promise<Attachment | undefined> {
  const facts = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (kind === 'moved') return ofEvent(of, facts.number);
  return kind === 'stored' ? ofSnapshot(of, facts.snapshotId) : undefined;
}

async function ofEvent(of: MemberRows, number: unknown): Promise<Attachment | undefined> {
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) return undefined;
  const [logged] = await readLoggedEvents(of, { after: number - 1, limit: 1 });
  return logged === undefined ? undefined : asFile(`event-${number}`, logged.receipt);
}

async function ofSnapshot(of: MemberRows, id: unknown): Promise<Attachment | undefined> {
  if (typeof id !== 'string' || !SNAPSHOT_ID.test(id)) return undefined;
  const receipt = await readReceipt(of, snapshotId(id));
  if (receipt === undefined) return undefined;
  const shown = id.slice(0, SHOWN_CHARACTERS);
  return asFile(`receipt-${shown}`, await withWitnesses(of.rows, receipt));
}

function asFile(name: string, receipt: CustodyReceipt): Attachment {
  return { fileName: `${name}.json`, text: `${JSON.stringify(receipt, undefined, 2)}\n` };
}
