// `kura operator members` and `contracts`: who is here, under which contract, and how much they have; never what.
import { formatBytes, memberId } from '@kura/base';
import {
  MAX_OPERATOR_PAGE,
  type MemberView,
  OPERATOR_ENDPOINTS,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import type { Json } from '../output/output.ts';
import { allPages, type Desk } from './desk.ts';
import { registerInviteMember } from './invite.ts';
import { dayText, momentOf, timeJson } from './values.ts';

function memberJson(member: MemberView): Json {
  const { contract } = member;
  return {
    member_id: member.memberId,
    account: member.account,
    state: member.state,
    joined: timeJson(member.joinedMs),
    level: member.level,
    contract:
      contract === undefined
        ? null
        : {
            plan: contract.planId,
            from: timeJson(contract.fromMs),
            to: timeJson(contract.toMs),
            paid_until: timeJson(contract.paidUntilMs),
          },
    packs: member.packs,
    bytes: member.bytes,
    snapshots: member.snapshots,
  };
}

function show(desk: Desk, rows: readonly MemberView[]): void {
  desk.list({
    rows,
    json: memberJson,
    none: 'nobody has joined yet: kura operator members invite --plan PLAN',
    columns: [
      { title: 'Member', cell: (row) => row.memberId },
      { title: 'Account', cell: (row) => row.account },
      { title: 'State', cell: (row) => row.state },
      { title: 'Plan', cell: (row) => row.contract?.planId ?? 'none' },
      { title: 'Level', align: 'right', cell: (row) => String(row.level) },
      { title: 'Paid until', cell: (row) => dayText(row.contract?.paidUntilMs, '–') },
      { title: 'Snapshots', align: 'right', cell: (row) => String(row.snapshots) },
      { title: 'Size', align: 'right', cell: (row) => formatBytes(row.bytes) },
    ],
  });
}

async function list(desk: Desk): Promise<void> {
  const rows = await desk.ask((client) =>
    allPages(
      async (after: MemberView['memberId'] | undefined) => {
        const query = { limit: MAX_OPERATOR_PAGE, after };
        return (await client.call(OPERATOR_ENDPOINTS.members, { query })).members;
      },
      (row) => row.memberId,
      MAX_OPERATOR_PAGE,
    ),
  );
  show(desk, rows);
}

const STATES = { suspend: 'suspended', resume: 'active', close: 'closed' } as const;
const STATE_HELP: Readonly<Record<keyof typeof STATES, string>> = {
  suspend: 'refuse them everything for a while; nothing is removed',
  resume: 'let somebody who was suspended go on',
  close: 'end a membership: restoring stays possible for 30 days; there is no way back',
};

export function registerMembers(command: Command, desk: Desk): void {
  const members = command.command('members').description('who may save in the network');
  registerInviteMember(members, desk);
  members
    .command('list')
    .description('show all members')
    .action(() => list(desk));
  members
    .command('show')
    .description('show one member')
    .argument('<member>', 'id', memberId)
    .action(async (member: MemberView['memberId']) => {
      const params = { member };
      show(desk, [await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.member, { params }))]);
    });
  for (const verb of ['suspend', 'resume', 'close'] as const) {
    members
      .command(verb)
      .description(STATE_HELP[verb])
      .argument('<member>', 'id', memberId)
      .action(async (member: MemberView['memberId']) => {
        const call = { params: { member }, body: { state: STATES[verb] } };
        await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.setMemberState, call));
        desk.done(`member ${member} is ${STATES[verb]}`, {
          member_id: member,
          state: STATES[verb],
        });
      });
  }
}

interface ContractOptions {
  readonly plan: string;
  readonly from?: number;
  readonly to?: number;
  readonly paidUntil?: number;
}

export function registerContracts(command: Command, desk: Desk): void {
  command
    .command('contracts')
    .description('what a member has agreed to')
    .command('set')
    .description('change the contract in force, or begin one at a day')
    .argument('<member>', 'id', memberId)
    .requiredOption('--plan <plan>', 'what they get')
    .option(
      '--from <day>',
      'when it begins (default: now, or the one in force is changed)',
      momentOf,
    )
    .option('--to <day>', 'when it ends (default: never)', momentOf)
    .option('--paid-until <day>', 'up to when the fee is paid (default: no bound)', momentOf)
    .action(async (member: MemberView['memberId'], options: ContractOptions) => {
      const { plan: planId, from: fromMs, to: toMs, paidUntil: paidUntilMs } = options;
      const call = { params: { member }, body: { planId, fromMs, toMs, paidUntilMs } };
      await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.setContract, call));
      desk.done(`member ${member} has the plan ${planId}`, { member_id: member, plan: planId });
    });
}
