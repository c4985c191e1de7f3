// Which witnesses a member believes: those that the card has pinned, and never those that come with a receipt. What the
// network names today is only compared with them; another policy counts when the member has said so.
import { equalBytes, KuraError } from '@kura/base';
import { anyOf, type LogKey, NO_WITNESS, parsePolicy, type WitnessPolicy } from '@kura/log';

/** For a log of which no witness is known. */
export function unwitnessed({ origin, publicKey }: LogKey): WitnessPolicy {
  return anyOf(0, { log: { name: origin, publicKey }, witnesses: [] });
}

/** `text`: as the network tells it, or the card keeps it. Throws `refused` for one of another log. */
export function policyFor(log: LogKey, text: string | undefined): WitnessPolicy {
  if (text === undefined) return unwitnessed(log);
  const policy = parsePolicy(text);
  const [known, ...others] = policy.logs;
  const isOwn =
    known !== undefined &&
    others.length === 0 &&
    known.key.name === log.origin &&
    equalBytes(known.key.publicKey, log.publicKey);
  if (isOwn) return policy;
  throw new KuraError('refused', 'the network names witnesses of another log than its own', {
    guidance: 'Ask its operator: a log is never exchanged for another one.',
  });
}

/** What a card pins of what it is told: the first witnesses that there are; from then on they stay. */
export function policyToPin(
  log: LogKey,
  { pinned, told }: { readonly pinned: string | undefined; readonly told: string | undefined },
): string | undefined {
  if (told === undefined || policyFor(log, pinned).quorum !== NO_WITNESS) return pinned;
  return policyFor(log, told).quorum === NO_WITNESS ? pinned : told;
}
