// `kura operator`: all of the work of whoever runs a network for others.
import { parseInvitation } from '@kura/certificates/invitation.ts';
import type { Command } from 'commander';
import { addInvitationOption, type InvitationOptions, invitationFrom } from '../cli/invitation.ts';
import type { CommandContext } from '../commands/types.ts';
import { registerClosings } from './closings.ts';
import { enrolOperator } from './connection.ts';
import { Desk } from './desk.ts';
import { addExamples } from './examples.ts';
import { registerImpostors } from './impostors.ts';
import { registerInvite } from './invite.ts';
import { registerKit } from './kit/register.ts';
import { registerCertificates, registerLook } from './look.ts';
import { registerContracts, registerMembers } from './members.ts';
import { registerMetrics } from './metrics.ts';
import { registerPlans } from './plans.ts';
import { registerStores } from './stores.ts';
import { registerWitnesses } from './witnesses.ts';

const HELP = `
The first invitation of an operator is printed when the network is founded.

Examples:
  kura operator enrol --invitation-file founded
  kura operator invite store
  kura operator stores admit 4f0c…
  kura operator members invite --plan standard --mail grace@example.org
  kura operator members list --json
`;

async function enrol(
  argument: string | undefined,
  options: InvitationOptions,
  desk: Desk,
): Promise<void> {
  const { home } = desk.context;
  const text = await invitationFrom(argument, options, desk.context);
  const { networkId, address } = await enrolOperator(parseInvitation(text), home, desk.around);
  desk.done(`you are an operator of the network ${networkId} at ${address}`, {
    network_id: networkId,
    address,
    kura_home: home,
  });
}

export function register(command: Command, context: CommandContext): void {
  const desk = new Desk(context);
  command
    .description(
      'Runs a network for others: members, plans, contracts, stores, witnesses, certificates.',
    )
    .addHelpText('after', HELP);
  addInvitationOption(command.command('enrol'))
    .description('become an operator, with an invitation, which is asked for')
    .argument('[invitation]', 'kura-invite:…, where nobody else can see it')
    .action((invitation: string | undefined, options: InvitationOptions) =>
      enrol(invitation, options, desk),
    );
  registerInvite(command, desk);
  registerMembers(command, desk);
  registerContracts(command, desk);
  registerClosings(command, desk);
  registerPlans(command, desk);
  registerStores(command, desk);
  registerWitnesses(command, desk);
  registerCertificates(command, desk);
  registerLook(command, desk);
  registerImpostors(command, desk);
  registerMetrics(command, desk);
  registerKit(command, desk);
  addExamples(command, 'kura operator');
}
