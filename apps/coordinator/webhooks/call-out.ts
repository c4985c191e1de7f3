// How the network calls an address of the operator or of a member: signed, over a connection of its own, and what
// kept it from being taken is an answer, not a failure. What is sent, and when, is in the files beside this one.
import { readFileSync } from 'node:fs';
import { type AlarmClock, asKuraError, KuraError } from '@kura/base';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import type { Reach } from '@kura/wire/outside/reach.ts';
import { callWebhook, WEBHOOK_DEADLINE_MS, type Webhook } from '@kura/wire/outside/webhook.ts';

/** More: one step of a lease would last too long. */
export const MAX_CALLS = 20;

export interface Hook {
  readonly networkId: string;
  readonly nowMs: () => number;
  /** Throws whatever kept it from being taken. */
  readonly call: (message: { readonly delivery: string; readonly body: string }) => Promise<void>;
}

export interface Way {
  readonly clock: AlarmClock;
  /** PEM, believed in place of what the system trusts. */
  readonly authority?: string | undefined;
  /** Where it may lead, if a stranger says where. */
  readonly reach?: Reach | undefined;
}

/** Calls are hours apart: no connection is worth keeping. Throws as `callWebhook`. */
export async function callOut(
  webhook: Webhook,
  message: { readonly delivery: string; readonly body: string },
  way: Way,
): Promise<void> {
  const client = openOutsideClient({ connections: 1, deadlineMs: WEBHOOK_DEADLINE_MS, ...way });
  try {
    await callWebhook(webhook, { ...message, nowMs: way.clock.nowMs() }, client);
  } finally {
    client.close();
  }
}

/** Undefined if it was taken; else why not. */
export async function tryCall(
  { call: send }: Pick<Hook, 'call'>,
  message: { readonly delivery: string; readonly body: string },
): Promise<KuraError | undefined> {
  try {
    await send(message);
    return undefined;
  } catch (error) {
    if (error instanceof KuraError) return error;
    throw error;
  }
}

/** A file that a section of the configuration names. */
export function readNamed(file: string, section: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `${file}, which the section "${section}" names, cannot be read`);
  }
}
