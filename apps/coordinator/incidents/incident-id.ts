// The name of an incident: it follows from what it is about, so that whoever opens it needs no chance.
import { hash } from 'node:crypto';
import { type Brand, KuraError } from '@kura/base';

/** 16 bytes, lower-case hex. */
export type IncidentId = Brand<string, 'IncidentId'>;

const HEX_LENGTH = 32;

/** Throws `usage`. */
export function incidentId(text: string): IncidentId {
  if (/^[0-9a-f]{32}$/.test(text)) return text as IncidentId;
  throw new KuraError('usage', `"${text.slice(0, 80)}" is not an incident id`, {
    guidance: `An incident id is ${HEX_LENGTH} hexadecimal characters.`,
  });
}

/** `about`: what no other incident has in common with it. */
export function nameIncident(about: readonly (string | number)[]): IncidentId {
  return hash('sha256', `kura/1 incident\n${about.join('\n')}`).slice(0, HEX_LENGTH) as IncidentId;
}
