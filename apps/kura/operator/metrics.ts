// `kura operator metrics`: figures of the coordinator that answers, for people as Prometheus reads them, for
// scripts one by one.
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import { METRICS } from '@kura/daemon/metrics.ts';
import type { Command } from 'commander';
import type { Json } from '../output/output.ts';
import type { Desk } from './desk.ts';

const SERIES = /^(?<name>[a-z_]+)(?:\{(?<labels>[^}]*)\})? (?<value>\S+)$/;
const LABEL = /(?<name>[a-z_]+)="(?<value>(?:[^"\\]|\\.)*)"/g;

/** A line of the text; undefined for one that only explains. */
function seriesOf(line: string): { readonly [key: string]: Json } | undefined {
  const { name, labels = '', value } = SERIES.exec(line)?.groups ?? {};
  if (name === undefined) return undefined;
  const named = Array.from(labels.matchAll(LABEL), ({ groups = {} }) => [
    String(groups.name),
    String(groups.value),
  ]);
  return { metric: name, labels: Object.fromEntries(named), value: Number(value) };
}

async function show(desk: Desk): Promise<void> {
  const { text } = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.metrics, {}));
  const { output } = desk.context;
  const lines = text.trimEnd().split('\n');
  output.lines(lines);
  for (const line of lines) {
    const series = seriesOf(line);
    if (series !== undefined) output.record(series);
  }
}

/** All that a program of a network may show; each shows what it knows of. */
function helpText(): string {
  const names = Object.entries(METRICS).map(([name, { help, labels }]) => {
    const given = labels.length === 0 ? '' : `{${labels.join(',')}}`;
    return `  ${`${name}${given}`.padEnd(48)}  ${help}`;
  });
  return [
    '\nThe same is at /metrics of [health] in the file of each program, for Prometheus:',
    ...names,
    '\nExamples:\n  kura operator metrics\n  kura operator metrics --json\n',
  ].join('\n');
}

export function registerMetrics(command: Command, desk: Desk): void {
  command
    .command('metrics')
    .description('figures of the coordinator: requests, bytes, leases')
    .addHelpText('after', helpText())
    .action(() => show(desk));
}
