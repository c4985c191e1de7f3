// What the commands of an operator share: the coordinator, and one way to show a list for people and for scripts.
import { type AlarmClock, systemAlarmClock, systemRandom } from '@kura/base';
import { nodeDisk } from '@kura/native';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { CommandContext } from '../commands/types.ts';
import type { Json } from '../output/output.ts';
import { type Column, tableLines } from '../output/table.ts';
import { asOperator, type OperatorConnection, type Surroundings } from './connection.ts';

export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly json: (row: Row) => Json;
  /** Said to people if there is none. */
  readonly none: string;
}

export class Desk {
  readonly context: CommandContext;
  readonly around: Surroundings;

  constructor(context: CommandContext) {
    this.context = context;
    const { after } = systemAlarmClock;
    const clock: AlarmClock = {
      nowMs: () => context.clock.nowMs(),
      elapsedMs: () => systemAlarmClock.elapsedMs(),
      after,
    };
    this.around = { disk: nodeDisk, random: systemRandom, clock };
  }

  ask<Result>(work: (client: EndpointClient) => Promise<Result>): Promise<Result> {
    return this.connect(({ client }) => work(client));
  }

  connect<Result>(work: (connection: OperatorConnection) => Promise<Result>): Promise<Result> {
    return asOperator(this.context.home, this.around, work);
  }

  list<Row>({ rows, columns, json, none }: Listing<Row>): void {
    const { output } = this.context;
    for (const row of rows) output.record(json(row));
    if (rows.length === 0) output.line(none);
    else output.lines(tableLines(columns, rows));
  }

  /** After something was done: one sentence, or one record. */
  done(text: string, facts: Readonly<Record<string, Json>>): void {
    this.context.output.line(text);
    this.context.output.record({ message_type: 'done', ...facts });
  }
}

/** As long a list as there is, in pages. */
export async function allPages<Row, Key>(
  read: (after: Key | undefined) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
  pageSize: number,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  let after: Key | undefined;
  for (;;) {
    const page = await read(after);
    all.push(...page);
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) return all;
    after = keyOf(last);
  }
}
