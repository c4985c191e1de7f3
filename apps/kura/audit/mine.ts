// `kura audit --mine`: this device asks the stores itself, whatever the network says of its audits.
import { formatBytes, KuraError } from '@kura/base';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { placeText, plural, storeJson } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import type { OwnAuditView } from '../commands/views.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { paint } from '../output/style.ts';

/** ln(0.01) / ln(0.99): so many random places find a loss of one percent with 99 %. */
const DEFAULT_PLACES = 460;
const MOST_PLACES = 1_000_000;

const MINE_HELP = `
--mine asks each store for random places of your own copies, straight or through the gateway as
a restore would, and checks every leaf against the root that was recorded when the copy was
made. 460 places, 115 MiB of each store, find a loss of one percent with 99 %. What is wrong is
told the network, which looks at all of that copy and repairs it.

Ends with 0 if all is as recorded, with 22 if something is not, or a store could not be asked.
`;

type OwnStore = OwnAuditView['stores'][number];

function storeLine({ store, copies, asked, right, bytesRead, faults, away }: OwnStore): string {
  const where = `${placeText(store)}: `;
  const read = `${right} of ${plural(asked, 'place')} in ${plural(copies, 'copy', 'copies')}`;
  const bytes = formatBytes(bytesRead);
  if (faults.length > 0) return where + paint('bad', `${read} as recorded (${bytes})`);
  if (away !== undefined) return where + paint('warning', `${away}; ${read} (${bytes})`);
  return where + paint('good', `${read}, all as recorded (${bytes})`);
}

function tell({ stores }: OwnAuditView, { output }: CommandContext): void {
  for (const one of stores) {
    output.line(storeLine(one));
    output.lines(one.faults.map((why) => `  ${why}`));
    const { store, copies, asked, right, bytesRead, faults, away } = one;
    output.record({
      ...{ message_type: 'store', ...storeJson(store), copies, asked, right },
      ...{ bytes_read: bytesRead, faults, away: away ?? null },
    });
  }
  if (stores.length === 0) output.line('you have no copies yet');
}

async function auditMine(places: number, context: CommandContext): Promise<void> {
  const view = await (await context.services()).auditMine(places);
  tell(view, context);
  const { stores } = view;
  const sum = (of: (one: OwnStore) => number) => stores.reduce((all, one) => all + of(one), 0);
  const hurt = sum(({ faults }) => faults.length);
  const away = stores.filter((one) => one.away !== undefined).length;
  context.output.record({
    ...{ message_type: 'summary', stores: stores.length, stores_away: away, hurt_copies: hurt },
    ...{ asked: sum(({ asked }) => asked), right: sum(({ right }) => right) },
    bytes_read: sum(({ bytesRead }) => bytesRead),
  });
  if (hurt > 0) {
    const what = plural(hurt, 'copy is', 'copies are');
    context.output.line(`${what} not as recorded: kura incidents list, kura check`);
  }
  context.exitWith(hurt + away === 0 ? EXIT.done : EXIT.degraded);
}

export function registerAuditMine(command: Command, context: CommandContext): void {
  command
    .option('--mine', 'ask the stores yourself for random places of your own copies')
    .option('--places <n>', 'with --mine: how many of each store', wholeNumber(1, MOST_PLACES))
    .addHelpText('after', MINE_HELP)
    .action(async ({ mine, places }: { readonly mine?: true; readonly places?: number }) => {
      if (mine === true) return auditMine(places ?? DEFAULT_PLACES, context);
      throw new KuraError('usage', 'it is not said what of the audits is wanted', {
        guidance: 'See what there is: kura audit --help',
      });
    });
}
