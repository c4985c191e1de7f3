// What a member of a network that somebody else runs asks about the membership itself.
import type { DeviceId } from '@kura/base';

export interface DeviceView {
  readonly deviceId: DeviceId;
  /** card: reads by its grants alone, and is one of these because it can be removed. */
  readonly kind: 'device' | 'card';
  readonly name: string;
  readonly addedMs: number;
  readonly revokedMs: number | undefined;
  /** The one that asks, or the card that it uses. */
  readonly isThis: boolean;
}

export interface MessageView {
  readonly number: number;
  readonly kind: string;
  readonly madeMs: number;
  readonly readMs: number | undefined;
  /** What it tells, by name; nested facts as JSON. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export interface MembershipPort {
  /** With those that were removed, the oldest first. */
  devices(): Promise<readonly DeviceView[]>;
  removeDevice(device: DeviceId): Promise<void>;
  /** The oldest first, from the number after `after` on. */
  inbox(after: number): AsyncIterable<MessageView>;
  /** Up to and with this number. */
  noteRead(upTo: number): Promise<void>;
}
