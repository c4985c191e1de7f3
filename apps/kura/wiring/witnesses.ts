// Witnesses of a home: of a network of one's own folders its tables say who they are; in a network of others the card
// has pinned those of the network, and only its owner exchanges them.
import { policyFor } from '@kura/agent/network/witness-policy.ts';
import { KuraError } from '@kura/base';
import { lookAtWitnesses } from '@kura/coordinator/log/look.ts';
import { addWitness, removeWitness, setQuorum } from '@kura/coordinator/log/witnesses.ts';
import { transact } from '@kura/database';
import type { OpenNetwork } from '../embedded/open-network.ts';
import type { JoinedNetwork } from '../network/joined-network.ts';
import type { PinnedPolicies, WitnessesPort } from '../witnesses/port.ts';
import type { Session } from './session.ts';

export async function witnesses(session: Session): Promise<WitnessesPort> {
  const network = await session.own();
  return network.kind === 'embedded' ? ownWitnesses(network) : pinnedWitnesses(network);
}

function ownWitnesses({ coordinator, clock }: OpenNetwork): WitnessesPort {
  const { database, charter } = coordinator.entire;
  return {
    look: async () => ({
      kind: 'own',
      ...(await database.read((rows) => lookAtWitnesses(rows, charter.log))),
    }),
    add: (witness) => transact(database, (rows) => addWitness(rows, witness, clock.nowMs())),
    remove: (name) => transact(database, (rows) => removeWitness(rows, name)),
    setQuorum: (quorum) => transact(database, (rows) => setQuorum(rows, quorum)),
    accept: () => {
      throw new KuraError('unsupported', 'you say yourself who witnesses this log', {
        guidance: 'Use: kura witnesses add, remove, quorum.',
      });
    },
  };
}

function pinnedWitnesses({ files, log, described }: JoinedNetwork): WitnessesPort {
  const refuse = (): never => {
    throw new KuraError('unsupported', 'whoever runs the network says who witnesses its log', {
      guidance:
        'Look at whom it names: kura witnesses list. Take them over: kura witnesses accept.',
    });
  };
  const policies = (): PinnedPolicies => {
    const { witnessPolicy: pinned } = files.network();
    const { witnessPolicy: told } = described;
    const isSame = pinned === told || told === undefined;
    return { pinned: policyFor(log, pinned), told: policyFor(log, told ?? pinned), isSame };
  };
  return {
    look: async () => ({ kind: 'pinned', ...policies() }),
    add: refuse,
    remove: refuse,
    setQuorum: refuse,
    accept: async () => {
      const before = policies();
      const { witnessPolicy } = described;
      if (!before.isSame) await files.saveNetwork({ ...files.network(), witnessPolicy });
      return before;
    },
  };
}
