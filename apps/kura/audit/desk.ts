// Whom the commands of audits ask: the tables of this home, or the coordinator as an operator or as a member.
import { KuraError } from '@kura/base';
import { nodeDisk } from '@kura/native';
import { readPointer } from '../network/home-pointer.ts';
import { Desk } from '../operator/desk.ts';
import { hasOperatorFile } from '../operator/operator-file.ts';
import type { AuditPort } from './port.ts';
import { operatorAudits } from './remote-audits.ts';

export type HomeKind = 'operator' | 'member' | 'owner';

export class AuditDesk extends Desk {
  get kind(): HomeKind {
    const { home } = this.context;
    if (hasOperatorFile(nodeDisk, home)) return 'operator';
    return readPointer(nodeDisk, home) === undefined ? 'owner' : 'member';
  }

  async answer<Result>(work: (port: AuditPort) => Promise<Result>): Promise<Result> {
    if (this.kind === 'operator') return this.ask((client) => work(operatorAudits(client)));
    if (this.kind === 'member') return work(await (await this.context.services()).audits());
    const { LocalAudits } = await import('./local-audits.ts');
    const { home, clock } = this.context;
    const port = await LocalAudits.open(home, clock);
    try {
      return await work(port);
    } finally {
      port.close();
    }
  }

  /** The one store that is meant by its city, or by the beginning of its id. Throws `usage`. */
  async storeNamed(port: AuditPort, name: string) {
    const { stores } = await port.status();
    const found = stores.filter(
      ({ storeId, city }) =>
        city === name.toLowerCase() || (name.length >= 4 && storeId.startsWith(name)),
    );
    const [only, other] = found;
    if (only !== undefined && other === undefined) return only;
    const what = other === undefined ? 'no store' : 'more than one store';
    throw new KuraError('usage', `${what} is called "${name}"`, {
      guidance: `The stores are: ${stores.map(({ city }) => city).join(', ')}.`,
    });
  }
}
