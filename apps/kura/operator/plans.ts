// `kura operator plans`: what members get for which fee.
import { formatBytes } from '@kura/base';
import { OPERATOR_ENDPOINTS, type PlanView } from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import { byteCount, wholeNumber } from '../cli/options.ts';
import type { Json } from '../output/output.ts';
import type { Desk } from './desk.ts';
import { type LevelFrom, levelsOf } from './values.ts';

function planJson(plan: PlanView): Json {
  const levels = plan.levels?.map(({ fromYears, level }) => ({ from_years: fromYears, level }));
  return {
    plan: plan.planId,
    levels: levels ?? null,
    capacity_bytes: plan.capacityBytes ?? null,
    archives: plan.archives ?? null,
    hours: plan.hours ?? null,
    uses_per_day: plan.usesPerDay ?? null,
    fee_minor: plan.feeMinor,
    currency: plan.currency,
  };
}

const UNBOUND = '–';

function levelText({ levels }: PlanView): string {
  return (
    levels?.map(({ fromYears, level }) => `${fromYears}=${level}`).join(',') ?? 'the owner’s choice'
  );
}

async function list(desk: Desk): Promise<void> {
  const { plans } = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.plans, {}));
  desk.list({
    rows: plans,
    json: planJson,
    none: 'there is no plan',
    columns: [
      { title: 'Plan', cell: (row) => row.planId },
      { title: 'Levels', cell: levelText },
      {
        title: 'Capacity',
        align: 'right',
        cell: ({ capacityBytes }) =>
          capacityBytes === undefined ? UNBOUND : formatBytes(capacityBytes),
      },
      { title: 'Snapshots', align: 'right', cell: (row) => String(row.archives ?? UNBOUND) },
      { title: 'Hours (UTC)', cell: (row) => row.hours ?? UNBOUND },
      { title: 'Backups a day', align: 'right', cell: (row) => String(row.usesPerDay ?? UNBOUND) },
      { title: 'Fee', align: 'right', cell: (row) => `${row.feeMinor} ${row.currency}` },
    ],
  });
}

interface Options {
  readonly levels: readonly LevelFrom[];
  readonly capacity?: number;
  readonly archives?: number;
  readonly hours?: string;
  readonly uses?: number;
  readonly fee: number;
  readonly currency: string;
}

const MAX_FEE = 999_999_999;

export function registerPlans(command: Command, desk: Desk): void {
  const plans = command.command('plans').description('what members get for which fee');
  plans
    .command('list')
    .description('show all plans')
    .action(() => list(desk));
  plans
    .command('set')
    .description('make a plan, or change one for all who have it; what is left out has no bound')
    .argument('<plan>', 'lower-case letters, digits and hyphens')
    .requiredOption('--levels <steps>', 'level by years of membership: 0=1,5=2', levelsOf)
    .option('--capacity <size>', 'sealed bytes, not times copies: 500G', byteCount)
    .option('--archives <n>', 'snapshots that stand', wholeNumber(1, 1_000_000))
    .option('--hours <hours>', 'when backups may begin, in UTC: "mo-fr 0-6, sa-su 0-24"')
    .option('--uses <n>', 'backups a day', wholeNumber(1, 1000))
    .option(
      '--fee <n>',
      'a month, in the smallest unit of the currency',
      wholeNumber(0, MAX_FEE),
      0,
    )
    .option('--currency <code>', 'three letters', 'JPY')
    .action(async (plan: string, options: Options) => {
      const { levels, capacity, archives, hours, uses, fee, currency } = options;
      const bounds = { capacityBytes: capacity, archives, hours, usesPerDay: uses };
      const body = { levels, ...bounds, feeMinor: fee, currency };
      const call = { params: { plan }, body };
      await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.setPlan, call));
      desk.done(`the plan ${plan} is set`, { plan });
    });
}
