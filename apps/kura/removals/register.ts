// `kura removals`: what was ordered to go, how far it is, and how it is taken back.
import { formatBytes, KuraError } from '@kura/base';
import { type ClosingView, MAX_CLOSINGS_SHOWN } from '@kura/contract/wire/endpoints/closings.ts';
import {
  type ForgottenView,
  MAX_REMOVALS_SHOWN,
  type RemovalsView,
  type RemovalView,
  type TermView,
} from '@kura/contract/wire/endpoints/removals.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { Desk } from '../operator/desk.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { registerConsent, showClosings } from './closings.ts';
import type { RemovalsDesk } from './port.ts';

const HELP = `
What \`kura forget\` and \`kura prune\` order waits for the network's delay. Until the first
store is told it can be taken back; then each store confirms, and the log has it.

Examples:
  kura removals list
  kura removals recall 3f2a91c0
  kura removals revoke 5d11
`;

const REVOKE_HELP = `
A removal whose packs stand again, a term (kura forget --at) that ends nothing any more, or the
notice of an operator, with the consent that it was given under (kura removals consent).
What no snapshot needs goes again with the next prune: to get a snapshot back, recall it.

Examples:
  kura removals revoke 5d11 77a0
`;

const RECALL_HELP = `
Takes back every removal since it was forgotten, and saves its tree under a new id. Nothing
is read or sent again.

Examples:
  kura removals recall 3f2a91c0
`;

const LEAST_PREFIX = 4;

function confirmed({ stores }: RemovalView): string {
  const count = stores.filter(({ confirmedMs }) => confirmedMs !== undefined).length;
  return `${count}/${stores.length}`;
}

function removalJson(removal: RemovalView): Record<string, Json> {
  return {
    message_type: 'removal',
    removal_id: removal.removalId,
    state: removal.state,
    packs: removal.packs,
    bytes: removal.bytes,
    ordered: timeJson(removal.orderedMs),
    due: timeJson(removal.dueMs),
    ended: timeJson(removal.endedMs),
    stores: removal.stores.map(({ storeId, confirmedMs }) => ({
      store: storeId,
      confirmed: timeJson(confirmedMs),
    })),
  };
}

function forgottenJson(head: ForgottenView): Record<string, Json> {
  return {
    message_type: 'forgotten',
    snapshot: head.snapshotId,
    time: timeJson(head.timeMs),
    logged: timeJson(head.loggedMs),
    forgotten: timeJson(head.forgottenMs),
  };
}

function termJson({ termId, dueMs, snapshots }: TermView): Record<string, Json> {
  return { message_type: 'term', term_id: termId, ends: timeJson(dueMs), snapshots };
}

async function open(context: CommandContext): Promise<RemovalsDesk> {
  return (await context.services()).removals();
}

async function list(desk: Desk, limit: number): Promise<void> {
  const { context } = desk;
  const removalsDesk = await open(context);
  const { removals, forgotten, terms } = await removalsDesk.list(limit);
  const time = (timeMs: number): string => localTime(timeMs, context);
  desk.list<RemovalView>({
    rows: removals,
    json: removalJson,
    none: 'nothing was ordered to go',
    columns: [
      { title: 'Removal', cell: ({ removalId }) => shortId(removalId) },
      { title: 'State', cell: ({ state }) => state },
      { title: 'Packs', align: 'right', cell: ({ packs }) => String(packs) },
      { title: 'Size', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
      { title: 'Stores told after', cell: ({ dueMs }) => time(dueMs) },
      { title: 'Confirmed', align: 'right', cell: confirmed },
    ],
  });
  context.output.line();
  desk.list<ForgottenView>({
    rows: forgotten,
    json: forgottenJson,
    none: 'no forgotten snapshot can come back',
    columns: [
      { title: 'Can come back', cell: ({ snapshotId }) => shortId(snapshotId) },
      { title: 'Saved', cell: ({ timeMs }) => time(timeMs) },
      { title: 'Forgotten', cell: ({ forgottenMs }) => time(forgottenMs) },
    ],
  });
  showTerms(desk, terms);
  showClosings(desk, await removalsDesk.closings(limit));
}

function showTerms(desk: Desk, terms: readonly TermView[]): void {
  const { context } = desk;
  if (terms.length === 0) return;
  context.output.line();
  desk.list<TermView>({
    rows: terms,
    json: termJson,
    none: '',
    columns: [
      { title: 'Term', cell: ({ termId }) => shortId(termId) },
      { title: 'Ends', cell: ({ dueMs }) => localTime(dueMs, context) },
      { title: 'Snapshots', cell: ({ snapshots }) => snapshots.map(shortId).join(', ') },
    ],
  });
}

interface Named {
  readonly kind: 'removal' | 'term' | 'closing';
  readonly id: string;
}

/** The one removal, term or closing that is meant. Throws `not_found`. */
function find(
  { removals, terms }: RemovalsView,
  closings: readonly ClosingView[],
  name: string,
): Named {
  const all: readonly Named[] = [
    ...removals.map(({ removalId: id }) => ({ kind: 'removal' as const, id })),
    ...terms.map(({ termId: id }) => ({ kind: 'term' as const, id })),
    ...closings.map(({ closingId: id }) => ({ kind: 'closing' as const, id })),
  ];
  return only(all, ({ id }) => id, name);
}

function only<T>(all: readonly T[], idOf: (one: T) => string, name: string): T {
  const found = all.filter((one) => name.length >= LEAST_PREFIX && idOf(one).startsWith(name));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const what = found.length > 1 ? `"${name}" may be several` : `there is no "${name}"`;
  throw new KuraError('not_found', what, {
    guidance: 'See `kura removals list`; at least four characters of an id name it.',
  });
}

async function revoke(desk: Desk, names: readonly string[]): Promise<void> {
  const port = await open(desk.context);
  const known = await port.list(MAX_REMOVALS_SHOWN);
  const { closings } = await port.closings(MAX_CLOSINGS_SHOWN);
  const found = names.map((name) => find(known, closings, name));
  for (const { kind, id } of found) {
    if (kind === 'term') await port.endTerm(id);
    else if (kind === 'closing') await port.withdraw(desk.context.clock.nowMs());
    else await port.revoke(id);
  }
  const text = found.map(({ kind, id }) => `${kind} ${shortId(id)}`).join(', ');
  desk.done(`taken back: ${text}`, { revoked: found.map(({ id }) => id) });
}

async function recall(desk: Desk, names: readonly string[]): Promise<void> {
  const port = await open(desk.context);
  const { forgotten } = await port.list(MAX_REMOVALS_SHOWN);
  const wanted = names.map((name) => only(forgotten, ({ snapshotId }) => snapshotId, name));
  const { output } = desk.context;
  for (const { snapshotId: from } of wanted) {
    const to = await port.recall(from);
    output.line(`${shortId(from)} is back as ${shortId(to)}`);
    output.record({ message_type: 'recalled', from, to });
  }
  output.line(`${plural(wanted.length, 'snapshot')} recalled`);
}

export function register(command: Command, context: CommandContext): void {
  const desk = new Desk(context);
  command
    .description('Shows what was ordered to go, and takes it back.')
    .addHelpText('after', HELP);
  command
    .command('list')
    .description('what was ordered, what can come back, terms, and notices')
    .option('--latest <n>', 'how many of each', wholeNumber(1, MAX_REMOVALS_SHOWN), 50)
    .addHelpText('after', '\nExamples:\n  kura removals list --json\n')
    .action(({ latest }: { readonly latest: number }) => list(desk, latest));
  command
    .command('revoke')
    .description('take removals, terms or a notice of closing back')
    .argument('<id...>', 'the beginnings of ids')
    .addHelpText('after', REVOKE_HELP)
    .action((names: string[]) => revoke(desk, names));
  registerConsent(command, desk, () => open(context));
  command
    .command('recall')
    .description('bring forgotten snapshots back')
    .argument('<snapshot...>', 'the beginnings of ids')
    .addHelpText('after', RECALL_HELP)
    .action((names: string[]) => recall(desk, names));
}
