// `kura operator invite` and `members invite`: one word to hand over, which opens the network's door once.
import { X509Certificate } from 'node:crypto';
import { HOUR_MS } from '@kura/base';
import { formatInvitation } from '@kura/certificates/invitation.ts';
import { keyHashOf } from '@kura/certificates/trust.ts';
import type { INVITED } from '@kura/contract/wire/endpoints/operator.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import type { OperatorConnection } from './connection.ts';
import type { Desk } from './desk.ts';
import { dayText, momentOf, timeJson } from './values.ts';

const MAX_HOURS = 30 * 24;

export interface Invitee {
  readonly purpose: (typeof INVITED)[number];
  readonly planId?: string | undefined;
  readonly paidUntilMs?: number | undefined;
  readonly mailAddress?: string | undefined;
  readonly operator?: string | undefined;
  readonly hours?: number | undefined;
}

/** The word itself, and until when it is good. */
export async function newInvitation(
  { client, file }: OperatorConnection,
  invitee: Invitee,
): Promise<{ readonly invitation: string; readonly untilMs: number }> {
  const { purpose, planId, paidUntilMs, mailAddress, operator, hours } = invitee;
  const lastsMs = hours === undefined ? undefined : hours * HOUR_MS;
  const body = { purpose, planId, paidUntilMs, mailAddress, operator, lastsMs };
  const { untilMs, ...token } = await client.call(OPERATOR_ENDPOINTS.invite, { body });
  const rootHash = keyHashOf(new X509Certificate(file.authorityPem));
  return { invitation: formatInvitation({ address: file.address, rootHash, token }), untilMs };
}

async function invite(desk: Desk, invitee: Invitee): Promise<void> {
  const { invitation, untilMs } = await desk.connect((one) => newInvitation(one, invitee));
  const { output } = desk.context;
  output.line(invitation);
  output.record({ invitation, purpose: invitee.purpose, until: timeJson(untilMs) });
  output.note(`Good once, until ${dayText(untilMs)}. Whoever has it first is let in.`);
}

const hoursOption = (command: Command): Command =>
  command.option('--hours <n>', 'how long it is good (default: 72)', wholeNumber(1, MAX_HOURS));

export function registerInvite(command: Command, desk: Desk): void {
  hoursOption(
    command
      .command('invite')
      .description('let a program of the network, or another operator, enrol')
      .argument('<what>', 'store, gateway, coordinator or operator'),
  )
    .option('--name <name>', 'of an operator')
    .action((what: string, { name, hours }: { name?: string; hours?: number }) => {
      const purpose = programOf(what, command);
      return invite(desk, { purpose, operator: name, hours });
    });
}

const PROGRAMS = ['store', 'gateway', 'coordinator', 'operator'] as const;

function programOf(what: string, command: Command): (typeof PROGRAMS)[number] {
  const found = PROGRAMS.find((one) => one === what);
  return found ?? command.error(`error: nobody can be invited as "${what}"`);
}

interface MemberOptions {
  readonly plan: string;
  readonly mail?: string;
  readonly paidUntil?: number;
  readonly hours?: number;
}

export function registerInviteMember(members: Command, desk: Desk): void {
  hoursOption(members.command('invite').description('let somebody join, under a plan'))
    .requiredOption('--plan <plan>', 'what they get: see `kura operator plans list`')
    .option('--mail <address>', 'where the network writes to them')
    .option('--paid-until <day>', 'up to when the fee is paid', momentOf)
    .action(({ plan, mail, paidUntil, hours }: MemberOptions) =>
      invite(desk, {
        purpose: 'member',
        planId: plan,
        mailAddress: mail,
        paidUntilMs: paidUntil,
        hours,
      }),
    );
}
