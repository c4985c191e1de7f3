// The statement of a validity audit: one text, whose hash the log will have (docs/design/validity.md).
import { hash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '@kura/log';
import type { ValidityAuditsTable } from '../db/validity-tables.ts';
import type { Standing, StoreOfStatement } from './standing.ts';

export const STATEMENT_KIND = 'kura/1 validity statement';

export interface Objection {
  readonly madeMs: number;
  readonly text: string;
}

export interface StatementFacts {
  readonly networkId: string;
  readonly audit: ValidityAuditsTable;
  readonly standing: Omit<Standing, 'stores'>;
  /** `keyHash`: SHA-256 of the outer cipher's key there, hex. */
  readonly stores: readonly (StoreOfStatement & { readonly keyHash: string })[];
  readonly endedMs: number;
  readonly objectUntilMs: number;
}

export interface Statement {
  readonly body: string;
  /** SHA-256, hex. */
  readonly bodyHash: string;
}

export function objectionsOf({ objections }: ValidityAuditsTable): readonly Objection[] {
  return JSON.parse(objections) as readonly Objection[];
}

export function writeStatement(facts: StatementFacts): Statement {
  const { networkId, audit, standing, stores, endedMs, objectUntilMs } = facts;
  const { number, attempt } = audit;
  const said = {
    ...{ kind: STATEMENT_KIND, networkId, memberId: audit.member_id, number, attempt },
    ...{ fromMs: audit.from_ms, untilMs: audit.until_ms, beganMs: audit.began_ms, endedMs },
    ...{ ...standing, stores, objections: objectionsOf(audit), objectUntilMs },
    objectBy: `kura audit validity object ${number} "TEXT"`,
  };
  const body = canonicalJson(said as unknown as JsonValue);
  return { body, bodyHash: hash('sha256', body) };
}
