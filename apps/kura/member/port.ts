// What a member asks about the membership itself: devices, places, and what the network has told. An embedded network
// has one device, and nobody to tell anything.
import type { DeviceId } from '@kura/base';
import type { PlaceView } from '../commands/views.ts';

export interface DeviceView {
  readonly deviceId: DeviceId;
  /** card: reads by its grants alone, and is one of these because it can be removed. */
  readonly kind: 'device' | 'card';
  readonly name: string;
  /** undefined: the one device of an embedded network, which nobody let in. */
  readonly addedMs: number | undefined;
  readonly revokedMs: number | undefined;
  /** Where it is; undefined: at home, as far as anybody has said. */
  readonly place: PlaceView | undefined;
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

export interface WebhookView {
  /** undefined: there is none. */
  readonly url: string | undefined;
  /** It failed for too long if not: nothing goes there. */
  readonly isOn: boolean;
  readonly setMs: number | undefined;
  readonly waiting: number;
  /** Since when it has taken nothing. */
  readonly failingMs: number | undefined;
  readonly why: string | undefined;
}

export interface MembershipPort {
  /** With those that were removed, the oldest first. */
  devices(): Promise<readonly DeviceView[]>;
  removeDevice(device: DeviceId): Promise<void>;
  /** `place`: a city or "LAT,LON"; undefined: at home again. Resolves to where it is. Throws `usage`, `busy`. */
  placeDevice(device: DeviceId, place: string | undefined): Promise<PlaceView | undefined>;
  home(): Promise<PlaceView>;
  /** As `placeDevice`. */
  setHome(place: string): Promise<PlaceView>;
  /** The oldest first, from the number after `after` on. */
  inbox(after: number): AsyncIterable<MessageView>;
  /** Up to and with this number. */
  noteRead(upTo: number): Promise<void>;
  webhook(): Promise<WebhookView>;
  /** Resolves to the secret of its signatures. Throws `usage`, `busy`, `unsupported` where none is offered. */
  setWebhook(url: string): Promise<string>;
  clearWebhook(): Promise<void>;
}
