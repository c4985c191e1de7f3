// Who works on the upload of a pack: what every later change of its row is asserted against.
import type { PackId } from '@kura/base';

export interface Holding {
  readonly packId: PackId;
  readonly holder: string;
}
