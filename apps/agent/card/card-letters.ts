// What the network has written to a member's card and the card's own catalogues tell by now: a prune gives it up, since
// only the owner may order anything away from a store (docs/design/card.md, "Notices").
import type { PackId, SessionId } from '@kura/base';
import { noticeName } from '@kura/copy-seal';
import type { RemoteCoordinator } from '../network/remote-coordinator.ts';
import type { LettersPort } from '../prune/ports.ts';
import type { CardFiles } from './card-files.ts';

export class CardLetters implements LettersPort {
  readonly #coordinator: Pick<RemoteCoordinator, 'releaseNotices'>;
  readonly #covered: number;
  readonly #nameKey: Uint8Array;
  #names: ReadonlySet<PackId> | undefined;

  constructor(coordinator: Pick<RemoteCoordinator, 'releaseNotices'>, files: CardFiles) {
    this.#coordinator = coordinator;
    this.#covered = files.heads().notice ?? 0;
    this.#nameKey = files.network().noticeKey;
  }

  async release(session: SessionId): Promise<void> {
    if (this.#covered > 0) await this.#coordinator.releaseNotices(session, this.#covered);
  }

  has(packId: PackId): boolean {
    this.#names ??= new Set(
      Array.from({ length: this.#covered }, (_, index) => noticeName(this.#nameKey, index + 1)),
    );
    return this.#names.has(packId);
  }
}
