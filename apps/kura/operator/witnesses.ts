// `kura operator witnesses`: who cosigns the log, how many have to, and how they stand.
import { WITNESS_ENDPOINTS } from '@kura/contract/wire/endpoints/log.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { plural } from '../commands/show.ts';
import { showLog } from '../witnesses/show-log.ts';
import type { Desk } from './desk.ts';

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

async function list(desk: Desk): Promise<void> {
  const view = await desk.ask((client) => client.call(WITNESS_ENDPOINTS.witnesses, {}));
  showLog(view, { output: desk.context.output, add: 'kura operator witnesses add' });
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
