// Waiting with a clock that a test moves: how long somebody is borne with, without waiting for it.
import type { ManualAlarmClock } from '@kura/testing';
import type { RawSocket } from './test-socket.ts';

/** Turns of the event loop in which whatever was written before arrives. */
const TURNS = 20;

/** Lets whatever was written before arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes for whoever is there, in steps. */
export async function passTime(
  clock: ManualAlarmClock,
  { stepMs, durationMs }: { readonly stepMs: number; readonly durationMs: number },
): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    await settle();
    clock.advance(stepMs);
  }
  await settle();
}

/**
 * Moves time on by `stepMs` as soon as somebody has an alarm for that long, until the connection has ended or so much
 * has passed. Milliseconds that passed.
 */
export async function untilEnded(
  clock: ManualAlarmClock,
  socket: RawSocket,
  { stepMs, mostMs }: { readonly stepMs: number; readonly mostMs: number },
): Promise<number> {
  let passedMs = 0;
  let hasEnded = false;
  const ended = socket.ended.then(() => {
    hasEnded = true;
  });
  while (passedMs < mostMs) {
    await Promise.race([ended, clock.whenArmed(stepMs)]);
    await settle();
    if (hasEnded) break;
    clock.advance(stepMs);
    passedMs += stepMs;
  }
  return passedMs;
}
