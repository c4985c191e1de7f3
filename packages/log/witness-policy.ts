// Whom a reader of this log believes (C2SP tlog-policy): which logs, which witnesses, and how many of them must
// have cosigned a checkpoint before anything is believed that follows from it. One text (policy-text.ts) says it,
// and anybody can be given it.
import { assert, must } from '@kura/base';
import { type Cosignature, openCosignature } from './cosignature.ts';
import type { ParsedNote } from './note.ts';
import { isSameKey, type NoteKey } from './verifier-key.ts';

/** The quorum that asks for no witness. */
export const NO_WITNESS = 'none';

export interface PolicyLog {
  /** Its name is the log's origin. */
  readonly key: NoteKey;
  readonly url?: string;
}

export interface PolicyWitness {
  /** In the policy alone; the name in its signatures is that of the key. */
  readonly name: string;
  readonly key: NoteKey;
  /** Prefix for `add-checkpoint`. */
  readonly url?: string;
}

export interface PolicyGroup {
  readonly name: string;
  /** How many of the members must have witnessed. */
  readonly threshold: number;
  /** Witnesses or groups named before; nothing is a member twice. */
  readonly members: readonly string[];
}

export interface WitnessPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** A witness, a group, or `NO_WITNESS`. */
  readonly quorum: string;
}

/** The plain policy: this log, and any `required` of these witnesses; 0 asks for none. */
export function anyOf(
  required: number,
  of: { readonly log: NoteKey; readonly witnesses: readonly NoteKey[] },
): WitnessPolicy {
  const { log, witnesses: keys } = of;
  assert(required >= 0 && required <= keys.length, 'more witnesses asked for than there are');
  const witnesses = keys.map((key, index) => ({ name: `witness-${index + 1}`, key }));
  const members = witnesses.map(({ name }) => name);
  const isAsked = required > 0;
  return {
    logs: [{ key: log }],
    witnesses,
    groups: isAsked ? [{ name: 'quorum', threshold: required, members }] : [],
    quorum: isAsked ? 'quorum' : NO_WITNESS,
  };
}

export interface Witnessed {
  /** Every known witness that cosigned, whether the quorum is reached or not. */
  readonly cosignatures: readonly Cosignature[];
  /** The quorum asks for at least one witness, and is reached. */
  readonly isWitnessed: boolean;
  /** The quorum is reached; true as well if it asks for none. */
  readonly isEnough: boolean;
}

/** Throws `refused` if a line under the name of a known witness is not its signature. */
export function judgeWitnesses(note: ParsedNote, policy: WitnessPolicy): Witnessed {
  const cosignatures = policy.witnesses.flatMap(({ key }) => openCosignature(note, key) ?? []);
  const isEnough = isReached(policy, cosignatures);
  return { cosignatures, isEnough, isWitnessed: isEnough && policy.quorum !== NO_WITNESS };
}

function isReached(policy: WitnessPolicy, cosignatures: readonly Cosignature[]): boolean {
  if (policy.quorum === NO_WITNESS) return true;
  const reached = new Set<string>();
  for (const { name, key } of policy.witnesses) {
    if (cosignatures.some(({ witness }) => isSameKey(witness, key))) reached.add(name);
  }
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => reached.has(member)).length >= threshold) reached.add(name);
  }
  return reached.has(policy.quorum);
}

/**
 * How many witnesses have to lie before two readers of this policy can be shown two histories: the fewest that any
 * two ways of reaching the quorum have in common. 2 of 3 has 1, 2 of 2 and 3 of 4 have 2, no quorum has 0.
 */
export function liarsNeeded({ witnesses, groups, quorum }: WitnessPolicy): number {
  const needed = new Map<string, number>([[NO_WITNESS, 0]]);
  for (const { name } of witnesses) needed.set(name, 1);
  for (const { name, threshold, members } of groups) {
    const shared = Math.max(0, 2 * threshold - members.length);
    const each = members.map((member) => must(needed.get(member), 'members come first'));
    const cheapest = each.sort((a, b) => a - b).slice(0, shared);
    needed.set(
      name,
      cheapest.reduce((sum, one) => sum + one, 0),
    );
  }
  return must(needed.get(quorum), 'a quorum is known');
}

/** The witnesses' median clock: a lying minority cannot move it out of what the others say. */
export function witnessTimeMs(cosignatures: readonly Cosignature[]): number | undefined {
  if (cosignatures.length === 0) return undefined;
  const times = cosignatures.map(({ timeMs }) => timeMs).sort((a, b) => a - b);
  return must(times[Math.floor((times.length - 1) / 2)], 'a median of at least one');
}
