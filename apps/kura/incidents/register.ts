// `kura incidents`: what was seen of copies, what was judged, and the evidence for it.
import { writeFileSync } from 'node:fs';
import { asKuraError, KuraError } from '@kura/base';
import {
  formatEvidenceFile,
  inPlainWords,
  openEvidenceFile,
} from '@kura/contract/evidence/index.ts';
import {
  type IncidentView,
  MAX_ANSWER_CHARACTERS,
  MAX_INCIDENTS_SHOWN,
} from '@kura/contract/wire/endpoints/incidents.ts';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { type AskingStore, findIncident, IncidentDesk } from './desk.ts';
import { type VerifyOptions, verdictJson, verdictText, verifyFiles } from './verify.ts';

const HELP = `
A verdict says what most likely happened to a copy: decay, a misdirected write, a loss,
a hand that changed it, a store that lies. What it stands on is evidence that anyone can
check and judge again, without this machine and without a key.

Examples:
  kura incidents list
  kura incidents show 5f1c
  kura incidents evidence 5f1c --out evidence.json
  kura incidents verify evidence.json
  kura incidents answer 5f1c "the controller was replaced on Monday"
  kura incidents list --store /etc/kura/store.toml
`;

const VERIFY_HELP = `
Every signature, every way to the root and the place in the log are checked, and the
verdict is reached again from what is in the file. Exit code 13: something in it is not
what it says to be.

Examples:
  kura incidents verify evidence.json
  kura incidents verify evidence.json --policy witnesses.txt --json
`;

function incidentJson(incident: IncidentView): Record<string, Json> {
  return {
    incident_id: incident.incidentId,
    member_id: incident.memberId,
    kind: incident.kind,
    store_id: incident.storeId ?? null,
    city: incident.city ?? null,
    pack_id: incident.packId ?? null,
    copy_id: incident.copyId ?? null,
    state: incident.state,
    verdict: incident.verdict ?? null,
    reason: incident.reason,
    opened: timeJson(incident.openedMs),
    judged: timeJson(incident.judgedMs),
    observations: incident.observations,
    evidence: incident.hasEvidence,
    answer: incident.answer?.text ?? null,
  };
}

interface ListOptions extends AskingStore {
  readonly latest: number;
}

const verdictOf = ({ verdict }: IncidentView): string =>
  verdict === undefined ? 'open' : verdictText({ kind: verdict });

async function list(desk: IncidentDesk, options: ListOptions): Promise<void> {
  const { latest } = options;
  const rows = await desk.look((port) => port.incidents({ limit: latest }), options);
  desk.list<IncidentView>({
    rows,
    json: incidentJson,
    none: 'nothing was seen of any copy that is not as it should be',
    columns: [
      { title: 'Incident', cell: (row) => shortId(row.incidentId) },
      { title: 'When', cell: (row) => desk.time(row.openedMs) },
      { title: 'Where', cell: (row) => row.city ?? '' },
      { title: 'Verdict', cell: verdictOf },
      { title: '', cell: (row) => row.reason },
    ],
  });
}

async function show(desk: IncidentDesk, id: string, as: AskingStore): Promise<void> {
  const { incident, opened } = await desk.look(async (port) => {
    const found = await findIncident(port, id);
    const isJudged = found.hasEvidence && found.verdict !== undefined;
    const file = isJudged ? await port.evidence(found.incidentId) : undefined;
    return {
      incident: found,
      opened: file === undefined ? undefined : openEvidenceFile(formatEvidenceFile(file)),
    };
  }, as);
  const { output } = desk.context;
  const verdict = opened === undefined ? {} : { judged_again: verdictJson(opened.verdict) };
  output.record({ ...incidentJson(incident), ...verdict });
  output.line(`incident ${incident.incidentId}: ${verdictOf(incident)}`);
  if (incident.verdict !== undefined) {
    const told = { verdict: incident.verdict, copies: 1, city: incident.city ?? '' };
    output.line(`  ${inPlainWords(told, 'en')}`);
  }
  const facts: readonly (readonly [string, string])[] = [
    ['why', incident.reason],
    ['store', [incident.city, incident.storeId].filter(Boolean).join(', ')],
    ['pack', incident.packId ?? ''],
    ['copy', incident.copyId ?? ''],
    ['opened', desk.time(incident.openedMs)],
    ['judged', desk.time(incident.judgedMs)],
    ['seen', plural(incident.observations, 'time')],
    ...placesText(opened?.verdict.places ?? []),
    ['the store', incident.answer?.text ?? ''],
  ];
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(12)}${value}`);
}

/** Row A12: where the difference is. */
function placesText(
  places: readonly { readonly firstByte: number; readonly bytes: number }[],
): readonly (readonly [string, string])[] {
  return places
    .slice(0, 8)
    .map(({ firstByte, bytes }) => ['place', `bytes ${firstByte}–${firstByte + bytes - 1}`]);
}

async function evidence(
  desk: IncidentDesk,
  id: string,
  given: AskingStore & { readonly out?: string },
): Promise<void> {
  const { incidentId, isJudged, file } = await desk.look(async (port) => {
    const { incidentId, hasEvidence, verdict } = await findIncident(port, id);
    const isJudged = verdict !== undefined;
    if (hasEvidence) return { incidentId, isJudged, file: await port.evidence(incidentId) };
    throw new KuraError(
      'not_found',
      'this incident has no evidence: it is open, or nothing came of it',
      {
        guidance: 'See `kura incidents show`.',
      },
    );
  }, given);
  const text = formatEvidenceFile(file);
  // What is handed on was opened here first; of a history it is the device's own signed text.
  if (isJudged) openEvidenceFile(text);
  const out = given.out ?? `evidence-${shortId(incidentId)}.json`;
  try {
    writeFileSync(out, `${text}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw asKuraError(error, `${out} could not be written`);
  }
  desk.done(`evidence written to ${out}; check it with: kura incidents verify ${out}`, { out });
}

async function answer(
  desk: IncidentDesk,
  { id, text, as }: { readonly id: string; readonly text: string; readonly as: AskingStore },
): Promise<void> {
  if (text.length > MAX_ANSWER_CHARACTERS) {
    throw new KuraError('usage', `an answer has at most ${MAX_ANSWER_CHARACTERS} characters`);
  }
  const incidentId = await desk.look(async (port) => {
    const found = await findIncident(port, id);
    await port.answer(found.incidentId, text);
    return found.incidentId;
  }, as);
  desk.done('the answer is kept beside the evidence', { incident_id: incidentId });
}

async function run(context: CommandContext): Promise<void> {
  const judged = await (await context.services()).judgeIncidents();
  context.output.line(`${plural(judged, 'incident')} judged`);
  context.output.record({ message_type: 'judged', incidents: judged });
}

/** For whoever runs a store of a network of others. */
function storeOption(): Option {
  return new Option('--store <file>', 'as the store that this file of kura serve store is of');
}

export function register(command: Command, context: CommandContext): void {
  const desk = new IncidentDesk(context);
  command
    .description('Shows what was found about copies, and the evidence for it.')
    .addHelpText('after', HELP);
  command
    .command('list', { isDefault: true })
    .description('list incidents, the newest first')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_INCIDENTS_SHOWN), 50)
    .addOption(storeOption())
    .action((options: ListOptions) => list(desk, options));
  command
    .command('show')
    .description('show one incident: what it most likely was, and where')
    .argument('<incident>', 'id, or its beginning')
    .addOption(storeOption())
    .action((id: string, as: AskingStore) => show(desk, id, as));
  command
    .command('evidence')
    .description('write the evidence of an incident')
    .argument('<incident>', 'id, or its beginning')
    .addOption(new Option('--out <file>', 'a new file (default: evidence-ID.json)'))
    .addOption(storeOption())
    .action((id: string, options: AskingStore & { readonly out?: string }) =>
      evidence(desk, id, options),
    );
  command
    .command('verify')
    .description('check evidence, and judge it again')
    .argument('<file...>', 'as `kura incidents evidence` writes it')
    .option('--policy <file>', 'logs and witnesses that count (default: the log named in the file)')
    .addHelpText('after', VERIFY_HELP)
    .action((files: string[], options: VerifyOptions) => verifyFiles(files, options, context));
  command
    .command('answer')
    .description('answer for the store that an incident is about; once')
    .argument('<incident>', 'id, or its beginning')
    .argument('<text>', 'what there is to say to it')
    .addOption(storeOption())
    .action((id: string, text: string, as: AskingStore) => answer(desk, { id, text, as }));
  command
    .command('run')
    .description('ask the stores of a network of folders, and judge what is due')
    .action(() => run(context));
}
