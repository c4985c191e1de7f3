// The port of moves over the tables of an embedded network, whose owner is its operator. No passphrase is needed:
// nothing here is sealed.
import { homePaths } from '@kura/agent/home.ts';
import { type Clock, KuraError, type StoreId, systemRandom } from '@kura/base';
import type { StoreDescription } from '@kura/contract';
import type { DecisionView, RegionsView } from '@kura/contract/wire/endpoints/moves.ts';
import { approveMove, setPause, vetoMove } from '@kura/coordinator/moves/orders.ts';
import { readRegions, setRegion } from '@kura/coordinator/moves/regions.ts';
import { viewDecisions } from '@kura/coordinator/moves/views.ts';
import type { Network } from '@kura/coordinator/network.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import { readStores } from '@kura/coordinator/stores/stores.ts';
import { transact } from '@kura/database';
import type { MovesPort, RegionWish } from './port.ts';

const WORD = 'the owner';

export class LocalMoves implements MovesPort {
  readonly #network: Network;

  private constructor(network: Network) {
    this.#network = network;
  }

  /** Throws `no_network` if none is in this home. */
  static async open(homeFolder: string, clock: Clock): Promise<LocalMoves> {
    const { database } = homePaths(homeFolder);
    return new LocalMoves(await openNetworkTables({ database, clock, random: systemRandom }));
  }

  close(): void {
    this.#network.close();
  }

  async pause(isPaused: boolean): Promise<void> {
    await transact(this.#network.database, (rows) => setPause(rows, isPaused, this.#order));
  }

  async judge(move: string, verdict: 'approve' | 'veto'): Promise<void> {
    const judge = verdict === 'approve' ? approveMove : vetoMove;
    await transact(this.#network.database, (rows) => judge(rows, move, this.#order));
  }

  async regions(wish?: RegionWish): Promise<RegionsView> {
    const { database, charter } = this.#network;
    const { memberId, copies } = charter;
    if (wish === undefined) return database.read((rows) => readRegions({ rows, memberId }));
    const rule = wish.rule === 'free' ? undefined : wish.rule;
    const change = { region: wish.region, rule };
    return transact(database, (rows) => setRegion({ rows, memberId }, change, copies));
  }

  decisions(limit: number): Promise<readonly DecisionView[]> {
    return this.#network.database.read((rows) => viewDecisions(rows, limit));
  }

  /** By city, folder or the beginning of its id. Throws `usage`. */
  async drain(name: string, isDraining: boolean): Promise<StoreDescription> {
    const stores = await this.#network.database.read(readStores);
    const store = findStore([...stores.values()], name);
    const { storeId } = store.identity;
    if (store.state === 'lost') {
      throw new KuraError('refused', 'a store that is lost cannot be emptied');
    }
    await this.#network.setStoreState(storeId, isDraining ? 'draining' : 'active');
    return store;
  }

  get #order() {
    return { word: WORD, nowMs: this.#network.clock.nowMs() };
  }
}

function findStore(stores: readonly StoreDescription[], name: string): StoreDescription {
  const isNamed = (id: StoreId): boolean => name.length >= 4 && id.startsWith(name);
  const found = stores.filter(
    ({ identity, location }) =>
      identity.place.city === name.toLowerCase() || location === name || isNamed(identity.storeId),
  );
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  const known = stores.map(({ identity, location }) => `${identity.place.city} (${location})`);
  const what = other === undefined ? 'no store' : 'more than one store';
  throw new KuraError('usage', `${what} is called "${name}"`, {
    guidance: `The stores are: ${known.join(', ')}. A folder names one of them.`,
  });
}
