// A stream that may be silent for long: a program that thinks before it writes. While it is waited for, somebody is
// called again and again, so that the session of the backup stays alive, and whoever wants it to stop is heard.
import type { AlarmClock } from '@kura/base';
import type { StreamSource } from './options.ts';

export interface PatientStreamOptions {
  readonly alarms: Pick<AlarmClock, 'after'>;
  /** What it throws, the read throws. */
  readonly onWait: () => Promise<void>;
}

/** As soon as somebody who has asked it to stop should see that it does. */
export const WAIT_MS = 1000;

export function patientStream(stream: StreamSource, options: PatientStreamOptions): StreamSource {
  return { path: stream.path, read: (into) => whileWaiting(stream.read(into), options) };
}

function whileWaiting<T>(work: Promise<T>, { alarms, onWait }: PatientStreamOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
      disarm();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const ring = (): (() => void) =>
      alarms.after(WAIT_MS, () => {
        onWait().then(() => {
          if (!isOver) disarm = ring();
        }, fail);
      });
    let disarm = ring();
    work.then((result) => {
      end();
      resolve(result);
    }, fail);
  });
}
