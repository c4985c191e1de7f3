// What an operator is told of impostors, in plain words.

export interface ImpostorFacts {
  readonly kind: 'address' | 'store';
  /** An address, or the id of the store whose name was used. */
  readonly subject: string;
  readonly calls: number;
  readonly reasons: readonly string[];
  readonly addresses: readonly string[];
  readonly stores: readonly string[];
}

const MEANING: Readonly<Record<string, string>> = {
  'self-made': 'made by whoever shows it',
  foreign: 'of another network',
  'not yet valid': 'not valid yet',
  expired: 'at its end',
  'wrong role': 'for another door',
  revoked: 'withdrawn by you',
};

export function impostorMessage({ kind, subject, calls, reasons, stores }: ImpostorFacts): string {
  const from = kind === 'address' ? `from ${subject}` : `in the name of store ${subject}`;
  const how = reasons.map((reason) => MEANING[reason] ?? reason).join(', or ');
  const named = kind === 'address' && stores.length > 0 ? ` They name ${storeList(stores)}.` : '';
  return (
    `${calls} calls ${from} showed a certificate that is ${how}; all were turned away.${named} ` +
    'No store is accused: anybody can write a name. If it is a machine of yours, enrol it anew; ' +
    'else keep that address out.'
  );
}

function storeList(stores: readonly string[]): string {
  const short = stores.map((store) => store.slice(0, 8));
  return stores.length === 1 ? `store ${short.join('')}` : `stores ${short.join(', ')}`;
}
