// `kura operator witnesses`: who cosigns the log, how many have to, and how they stand.
import { isoTime } from '@kura/base';
import { WITNESS_ENDPOINTS } from '@kura/contract/wire/endpoints/log.ts';
import type { AnswerOf } from '@kura/wire/client/client.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { plural } from '../commands/show.ts';
import type { Json } from '../output/output.ts';
import type { Desk } from './desk.ts';
import { timeJson } from './values.ts';

type Listed = AnswerOf<(typeof WITNESS_ENDPOINTS)['witnesses']>;
type Witness = Listed['witnesses'][number];

const MAX_WITNESSES = 16;

const HELP = `
A witness is a program of somebody else who would not lie for you: it cosigns the head of
this network's log, and refuses a log that shows others something else. Give its operator
the key of the log (it is in the list), and add it with the key that it has published.

Examples:
  kura operator witnesses add example.net --key 'witness.example.net+…' --url https://witness.example.net
  kura operator witnesses quorum 2
  kura operator witnesses list --json
`;

function witnessJson(witness: Witness): Json {
  return {
    witness: witness.name,
    key: witness.verifierKey,
    url: witness.url,
    added: timeJson(witness.addedMs),
    leaves: witness.size,
    cosigned: timeJson(witness.cosignedMs),
    trouble: witness.trouble ?? null,
  };
}

async function list(desk: Desk): Promise<void> {
  const listed = await desk.ask((client) => client.call(WITNESS_ENDPOINTS.witnesses, {}));
  const { witnesses, quorum, size, witnessedSize, logKey } = listed;
  const { output } = desk.context;
  output.record({
    ...{ message_type: 'log', key: logKey, quorum },
    ...{ leaves: size, witnessed_leaves: witnessedSize },
  });
  output.line(`log ${logKey}`);
  output.line(
    `${plural(size, 'leaf', 'leaves')}, ${witnessedSize} of them under a head that ${quorum} of ` +
      `${plural(witnesses.length, 'witness', 'witnesses')} cosigned`,
  );
  desk.list({
    rows: witnesses,
    json: witnessJson,
    none: 'nobody cosigns this log: kura operator witnesses add',
    columns: [
      { title: 'Witness', cell: (row) => row.name },
      { title: 'Leaves', align: 'right', cell: (row) => String(row.size) },
      {
        title: 'Cosigned',
        cell: ({ cosignedMs: at }) => (at === undefined ? 'never' : isoTime(at)),
      },
      { title: 'Trouble', cell: (row) => row.trouble ?? '' },
      { title: 'Address', cell: (row) => row.url },
    ],
  });
}

interface Added {
  readonly key: string;
  readonly url: string;
}

export function registerWitnesses(command: Command, desk: Desk): void {
  const witnesses = command
    .command('witnesses')
    .description('who cosigns the log')
    .addHelpText('after', HELP);
  witnesses
    .command('list')
    .description('show the log, its witnesses and how they stand')
    .action(() => list(desk));
  witnesses
    .command('add')
    .description('have a witness cosign the log, or give its new address')
    .argument('<witness>', 'a name for it')
    .requiredOption('--key <key>', 'its verifier key, as it was published')
    .requiredOption('--url <url>', 'where it is asked')
    .action(async (witness: string, body: Added) => {
      const call = { params: { witness }, body: { verifierKey: body.key, url: body.url } };
      await desk.ask((client) => client.call(WITNESS_ENDPOINTS.addWitness, call));
      desk.done(`the witness ${witness} is asked from now on`, { witness });
    });
  witnesses
    .command('remove')
    .description('ask a witness no more')
    .argument('<witness>', 'its name')
    .action(async (witness: string) => {
      const call = { params: { witness } };
      await desk.ask((client) => client.call(WITNESS_ENDPOINTS.removeWitness, call));
      desk.done(`the witness ${witness} is asked no more`, { witness });
    });
  witnesses
    .command('quorum')
    .description('how many witnesses have to cosign')
    .argument('<count>', 'how many', wholeNumber(1, MAX_WITNESSES))
    .action(async (quorum: number) => {
      const call = { body: { quorum } };
      await desk.ask((client) => client.call(WITNESS_ENDPOINTS.setWitnessQuorum, call));
      desk.done(`${plural(quorum, 'witness has', 'witnesses have')} to cosign`, { quorum });
    });
}
