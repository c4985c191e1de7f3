// The service behind `card give-back`: what opening the network has given back already is not given back twice.
import { doubtsByStore } from '@kura/agent/give-back/give-back.ts';
import { KuraError, must, type StoreId } from '@kura/base';
import type { GivenBackView } from '../commands/card-views.ts';
import type { JoinedNetwork } from '../network/joined-network.ts';
import { placeView } from './network-view.ts';
import type { Session } from './session.ts';

export async function giveBack(session: Session, finishes: boolean): Promise<GivenBackView> {
  const network = await session.own();
  if (network.kind !== 'service') {
    throw new KuraError('unsupported', 'a network of folders is rebuilt from its folders', {
      guidance: 'Use the recovery words: kura recover',
    });
  }
  const { givenBack } = network;
  const isDone = givenBack !== undefined && (givenBack.isEnded || !finishes);
  const { unconfirmed, ...given } = isDone ? givenBack : await network.giveBack(finishes);
  const doubts = [...doubtsByStore(unconfirmed)].map(([storeId, copies]) => ({
    ...{ storeId, city: cityOf(network, storeId), copies: copies.length },
    why: must(copies[0], 'a store of the list has a doubt').why,
  }));
  return { ...given, unconfirmed: doubts };
}

function cityOf({ network }: JoinedNetwork, storeId: StoreId): string {
  const store = network.stores.find(({ identity }) => identity.storeId === storeId);
  return store === undefined ? storeId : placeView(store.identity.place).cityName;
}
