// `kura hazards list` and `show`: what happens in the world, and what of it reaches a store.
import type { HazardView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';
import { type HazardDesk, percent, storeNames } from './desk.ts';

const MAX_LISTED = 2000;

const LIST_HELP = `
What reaches a store comes first. "Ends" with a question mark is nobody's word but the
network's own rule.

Examples:
  kura hazards list
  kura hazards list --all --latest 200 --json
`;

const SHOW_HELP = `
The name is an id as "list" shows it, its beginning, or a name of the event such as
usgs:us2000h8ty.

Examples:
  kura hazards show earthquake/usgs:us2000h8ty
  kura hazards show cyclone/atcf:AL062018 --json
`;

export function eventJson(event: HazardView): Record<string, Json> {
  return {
    event_id: event.eventId,
    kind: event.kind,
    title: event.title,
    state: event.state,
    sources: event.sources,
    severity: event.severity,
    certainty: event.certainty,
    urgency: event.urgency,
    onset: timeJson(event.onsetMs),
    ends: timeJson(event.endMs),
    end_assumed: event.isEndAssumed,
    sent: timeJson(event.sentMs),
    first_seen: timeJson(event.firstSeenMs),
    changed: timeJson(event.changedMs),
    lat: event.place?.lat ?? null,
    lon: event.place?.lon ?? null,
    magnitude: event.magnitude ?? null,
    depth_km: event.depthKm ?? null,
    wind_kt: event.maxWindKt ?? null,
    reached: event.reached.map(({ storeId, lost, unreachable }) => ({
      store: storeId,
      ...{ lost, unreachable },
    })),
  };
}

function endText(event: HazardView, desk: HazardDesk): string {
  if (event.state === 'ended' || event.state === 'cancelled') return event.state;
  const end = desk.time(event.endMs);
  return event.isEndAssumed && end !== '' ? `${end} ?` : end;
}

async function list(
  desk: HazardDesk,
  { all, latest }: { readonly all?: true; readonly latest: number },
): Promise<void> {
  const { total, events, nameOf } = await desk.look(async (port) => {
    const which = all === true ? 'all' : 'current';
    const found = await port.events({ which, outlines: 'no', limit: latest });
    const tables = await port.tables({});
    return { ...found, nameOf: storeNames(tables.flatMap(({ rows }) => rows)) };
  });
  const reachedText = ({ reached }: HazardView): string =>
    reached
      .slice(0, 3)
      .map(({ storeId, unreachable, lost }) => {
        return `${nameOf(storeId)} ${percent(Math.max(unreachable, lost))}`;
      })
      .join(', ');
  desk.list<HazardView>({
    rows: events,
    json: eventJson,
    none: 'nothing is known to happen: kura hazards feeds says who was asked',
    columns: [
      { title: 'Event', cell: (event) => event.eventId.slice(0, 44) },
      { title: 'What', cell: (event) => event.title.slice(0, 60) },
      { title: 'How bad', cell: (event) => event.severity },
      { title: 'Ends', cell: (event) => endText(event, desk) },
      { title: 'Reaches', cell: reachedText },
    ],
  });
  const more = total - events.length;
  if (more > 0) desk.context.output.note(`and ${more} more (--latest N shows them)`);
}

async function show(desk: HazardDesk, id: string): Promise<void> {
  const { event, names, chain, nameOf } = await desk.look(async (port) => {
    const found = await port.event(id);
    const tables = await port.tables({});
    return { ...found, nameOf: storeNames(tables.flatMap(({ rows }) => rows)) };
  });
  const { output } = desk.context;
  output.record({
    ...eventJson(event),
    names,
    outlines: (event.outlines ?? []).length,
    track: (event.track ?? []).map(({ leadHours, lat, lon, windKt }) => ({
      ...{ lat, lon },
      lead_hours: leadHours,
      wind_kt: windKt,
    })),
    messages: chain.map(({ source, identifier, type, sentMs, receivedMs }) => ({
      ...{ source, identifier, type },
      sent: timeJson(sentMs),
      received: timeJson(receivedMs),
    })),
  });
  const facts: readonly (readonly [string, string])[] = [
    ['what', `${event.kind}, ${event.severity}, ${event.certainty}, ${event.urgency}`],
    ['state', event.state],
    ['from', desk.time(event.onsetMs)],
    ['to', endText(event, desk)],
    ['where', event.place === undefined ? '' : `${event.place.lat}, ${event.place.lon}`],
    ['magnitude', event.magnitude === undefined ? '' : `${event.magnitude}`],
    ['wind', event.maxWindKt === undefined ? '' : `${event.maxWindKt} kt`],
    ['told by', event.sources.join(', ')],
    ['also called', names.join(', ')],
  ];
  output.line(paint('strong', event.title));
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(12)}${value}`);
  for (const { storeId, lost, unreachable } of event.reached) {
    const risk = `lost ${percent(lost)}, unreachable ${percent(unreachable)} within a week`;
    output.line(`  ${nameOf(storeId).padEnd(12)}${risk}`);
  }
  for (const { source, type, sentMs, identifier } of chain.slice(-10)) {
    output.detail(`  ${desk.time(sentMs)} ${source} ${type} ${identifier}`);
  }
}

export function registerList(command: Command, desk: HazardDesk): void {
  command
    .command('list', { isDefault: true })
    .description('show what happens in the world')
    .option('--all', 'what has ended within a month as well')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_LISTED), 30)
    .addHelpText('after', LIST_HELP)
    .action((options: { readonly all?: true; readonly latest: number }) => list(desk, options));
  command
    .command('show')
    .description('show one event: messages, names, stores that it reaches')
    .argument('<event>', 'id, its beginning, or a name')
    .addHelpText('after', SHOW_HELP)
    .action((id: string) => show(desk, id));
}
