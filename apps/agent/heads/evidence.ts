// What a finding is shown with to others (docs/design/heads.md, "Evidence"): canonical JSON under the device's
// signature, with the receipts that prove what was accepted. It holds ids and times, no name of a file.
import { type Clock, concatBytes, KuraError, type SnapshotId, toHex, utf8 } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { canonicalJson, type JsonValue, signEd25519 } from '@kura/log';
import type { DeviceKey, MemberKeys } from '@kura/member-seal';
import type { HistoryFinding } from './compare-history.ts';
import type { LookBack } from './look-back.ts';

export interface EvidencePorts {
  readonly keys: Pick<MemberKeys, 'memberId'>;
  readonly device: DeviceKey;
  readonly clock: Clock;
  readonly logOrigin: string;
  /** Of the log, as it is shown: a note. */
  readonly shownCheckpoint: string | undefined;
  /** What this device or its card has; undefined if neither has one. */
  readonly receiptOf: (id: SnapshotId) => Promise<CustodyReceipt | undefined>;
}

const KIND = 'kura/1 history incident';
const DOMAIN = utf8(`${KIND}\n`);
/** Receipts take a few KiB each; the ids of all are there, and the receipts of the newest. */
const MAX_RECEIPTS = 100;

export interface HistoryEvidence {
  /** Canonical JSON: `{"body": …, "signature": hex}`; the signature is of the domain line and the body's text. */
  readonly text: string;
  readonly madeMs: number;
}

export async function historyEvidence(
  look: LookBack,
  ports: EvidencePorts,
): Promise<HistoryEvidence> {
  const { keys, device, clock, logOrigin } = ports;
  const madeMs = clock.nowMs();
  const newest = look.findings.slice(-MAX_RECEIPTS);
  const withReceipt = new Set(newest.map(({ snapshotId }) => snapshotId));
  const findings: JsonValue[] = [];
  for (const finding of look.findings) {
    const isNew = withReceipt.has(finding.snapshotId);
    const receipt = isNew ? await receiptOf(finding.snapshotId, ports) : undefined;
    findings.push(findingJson(finding, receipt));
  }
  const shown = look.shown.heads.toSorted((a, b) => a.leafIndex - b.leafIndex);
  const body: JsonValue = {
    kind: KIND,
    memberId: keys.memberId,
    deviceKey: toHex(device.publicKey),
    ownerSignature: toHex(device.ownerSignature),
    madeMs,
    log: logOrigin,
    findings,
    known: { heads: look.known.standing.size, checkpoints: [...look.known.checkpoints] },
    shown: {
      heads: shown.length,
      checkpoint: ports.shownCheckpoint ?? null,
      newest: shown.at(-1)?.snapshotId ?? null,
      newestLeaf: shown.at(-1)?.leafIndex ?? null,
    },
  };
  const message = concatBytes(DOMAIN, utf8(canonicalJson(body)));
  const signature = toHex(signEd25519(message, device.seed));
  return { text: canonicalJson({ body, signature }), madeMs };
}

function findingJson(
  { kind, snapshotId, known, namedBy }: HistoryFinding,
  receipt: CustodyReceipt | undefined,
): JsonValue {
  return {
    ...{ kind, snapshotId, namedBy: namedBy ?? null },
    known:
      known === undefined
        ? null
        : { deviceId: known.deviceId, leafIndex: known.leafIndex, timeMs: known.timeMs },
    receipt: receipt === undefined ? null : receiptJson(receipt),
  };
}

function receiptJson(receipt: CustodyReceipt): JsonValue {
  const { body, leafIndex, inclusionProof, checkpoint } = receipt;
  return { body, leafIndex, inclusionProof, checkpoint };
}

/** Evidence without a receipt is better than none because a card was pulled out. */
async function receiptOf(
  id: SnapshotId,
  ports: EvidencePorts,
): Promise<CustodyReceipt | undefined> {
  try {
    return await ports.receiptOf(id);
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}
