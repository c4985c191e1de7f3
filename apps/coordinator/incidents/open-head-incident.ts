// A device was shown another history than it knows (docs/design/heads.md): it signed what it saw, and its member
// hears of it on every other device. Whether the network or the device is wrong is not judged here: the evidence
// has the receipts.
import { concatBytes, equalBytes, fromHex, KuraError, type Random, utf8 } from '@kura/base';
import { hashBundle } from '@kura/contract/evidence/index.ts';
import { canonicalJson, type JsonValue, parseCanonicalJson, verifyEd25519 } from '@kura/log';
import { BodyFields } from '@kura/log/body-fields.ts';
import { noteEvent } from '../custody/log-events.ts';
import type { MemberRows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { type IncidentId, nameIncident } from './incident-id.ts';
import { insertIncident } from './open-incident.ts';

const KIND = 'kura/1 history incident';
const NOUN = 'history incident';
const DOMAIN = utf8(`${KIND}\n`);

export interface HeadReport {
  /** As the device signed it: canonical JSON of body and signature. */
  readonly evidence: string;
}

/**
 * What was found is one incident, however often it is seen. Throws `refused` for what no device of the member
 * signed.
 */
export async function openHeadIncident(
  of: MemberRows,
  { evidence }: HeadReport,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): Promise<IncidentId> {
  const { deviceKey, findings, kinds } = await openReport(of, evidence);
  const id = nameIncident([of.memberId, 'head', ...findings]);
  const known = await of.rows
    .selectFrom('incidents')
    .select('incident_id')
    .where('incident_id', '=', id)
    .executeTakeFirst();
  if (known !== undefined) return id;
  const none = { store_id: null, pack_id: null, copy_id: null };
  await insertIncident(of, { incident_id: id, kind: 'head', ...none, opened_ms: nowMs });
  const hash = hashBundle(evidence);
  const subject = { incidentId: id, evidence: hash };
  const event = await noteEvent(of, { event: 'incident', subject, about: id }, { random, nowMs });
  await of.rows
    .insertInto('incident_evidence')
    .values({ incident_id: id, member_id: of.memberId, bundle: evidence, event })
    .execute();
  const reason = `a device was shown another history than it knows (${kinds.join(', ')})`;
  const judged = { state: 'judged', next_ms: null, judged_ms: nowMs, told_ms: nowMs } as const;
  await of.rows
    .updateTable('incidents')
    .set({ ...judged, reason, evidence_hash: hash })
    .where('incident_id', '=', id)
    .execute();
  await tell(of, { kind: 'incident', body: wordsOf({ id, findings, deviceKey }), nowMs });
  return id;
}

interface OpenedReport {
  readonly deviceKey: string;
  /** "older 3f2a…", one for each. */
  readonly findings: readonly string[];
  readonly kinds: readonly string[];
}

async function openReport({ rows, memberId }: MemberRows, evidence: string): Promise<OpenedReport> {
  const outer = new BodyFields(parseCanonicalJson(evidence, NOUN), {
    ...{ noun: NOUN, names: ['body', 'signature'] },
  });
  const names = ['kind', 'memberId', 'deviceKey', 'ownerSignature', 'madeMs', 'log', 'findings'];
  const text = outer.value('body');
  const body = new BodyFields(text, { noun: NOUN, names: [...names, 'known', 'shown'] });
  if (body.value('kind') !== KIND) body.refuse('it is of an unknown kind');
  if (body.hex('memberId', 16) !== memberId) body.refuse('it is of another member');
  const deviceKey = body.hex('deviceKey', 32);
  const signature = fromHex(outer.hex('signature', 64));
  const message = concatBytes(DOMAIN, utf8(canonicalJson(text ?? null)));
  if (!verifyEd25519(message, signature, fromHex(deviceKey))) {
    throw new KuraError(
      'refused',
      'the history incident was not signed by the device that it names',
    );
  }
  const devices = await rows
    .selectFrom('devices')
    .select('public_key')
    .where('member_id', '=', memberId)
    .where('kind', '=', 'device')
    .execute();
  const isOurs = devices.some((row) => equalBytes(row.public_key, fromHex(deviceKey)));
  if (!isOurs) body.refuse('its device is none of this member');
  const findings = body.list('findings').map(findingOf);
  if (findings.length === 0) body.refuse('it has found nothing');
  return {
    deviceKey,
    findings: findings.map(({ kind, snapshotId }) => `${kind} ${snapshotId}`).sort(),
    kinds: [...new Set(findings.map(({ kind }) => kind))],
  };
}

function findingOf(value: JsonValue) {
  const names = ['kind', 'snapshotId', 'namedBy', 'known', 'receipt'];
  const finding = new BodyFields(value, { noun: NOUN, names });
  return { kind: finding.text('kind'), snapshotId: finding.hex('snapshotId', 32) };
}

function wordsOf({
  id,
  findings,
  deviceKey,
}: {
  readonly id: IncidentId;
  readonly findings: readonly string[];
  readonly deviceKey: string;
}) {
  const count = findings.length;
  return {
    message:
      `One of your devices was shown another history than it knows: ${count} of its snapshots ` +
      'are missing or out of place. ' +
      'It restored nothing and kept the proof. Run "kura check" on your other devices, and ask the operator.',
    message_ja:
      `お使いの端末の一つが、記憶と異なる履歴を示されました（スナップショット${count}件）。` +
      '復元は行わず、証拠を保存しました。他の端末で「kura check」を実行し、運営者に問い合わせてください。',
    ...{ snapshots: count, device_key: deviceKey, incident: id },
    see: `kura incidents show ${id.slice(0, 8)}`,
  };
}
