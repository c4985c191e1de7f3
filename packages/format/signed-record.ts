// A record under two signatures, the owner's of the device and the device's of everything: what a member's own devices
// say to each other through stores that nobody trusts. What the body means is the caller's.
//
// u32 length ‖ body ‖ 32 device key ‖ 64 owner's signature ‖ 64 device's signature
import { ByteReader, concatBytes, KuraError } from '@kura/base';
import {
  type DeviceKey,
  SIGNATURE_BYTES,
  SIGNING_KEY_BYTES,
  signAs,
  verifyDevice,
  verifySignature,
} from '@kura/member-seal';

/** What a record has besides its body. */
export const RECORD_FRAME_BYTES = 4 + SIGNING_KEY_BYTES + 2 * SIGNATURE_BYTES;

export interface RecordForm {
  /** For errors: "snapshot". */
  readonly noun: string;
  /** Before what is signed: no record of one form is one of another. */
  readonly domain: Uint8Array;
  /** Of the whole record. */
  readonly maxBytes: number;
}

export function signRecord(form: RecordForm, body: Uint8Array, device: DeviceKey): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length, true);
  const signed = concatBytes(length, body, device.publicKey, device.ownerSignature);
  return concatBytes(signed, signAs(device.seed, concatBytes(form.domain, signed)));
}

export interface OpenedRecord {
  /** A view of the record. */
  readonly body: Uint8Array;
  readonly deviceKey: Uint8Array;
}

/** `ownerKey`: who may certify devices. Throws `refused` for signatures, else `corrupt`. */
export function openRecord(
  form: RecordForm,
  record: Uint8Array,
  ownerKey: Uint8Array,
): OpenedRecord {
  const reader = new ByteReader(record, form.noun);
  if (record.length > form.maxBytes) reader.fail('it is too long');
  const length = reader.u32();
  if (length > form.maxBytes - RECORD_FRAME_BYTES) reader.fail('its body is too long');
  const body = reader.raw(length);
  const deviceKey = reader.raw(SIGNING_KEY_BYTES).slice();
  const ownerSignature = reader.raw(SIGNATURE_BYTES);
  const signature = reader.raw(SIGNATURE_BYTES);
  reader.end();
  if (!verifyDevice({ publicKey: deviceKey, ownerSignature, ownerKey })) {
    refuseRecord(form, 'its device is not certified by the owner');
  }
  const message = concatBytes(form.domain, record.subarray(0, record.length - SIGNATURE_BYTES));
  if (!verifySignature({ publicKey: deviceKey, message, signature })) {
    refuseRecord(form, 'it is not what its device signed');
  }
  return { body, deviceKey };
}

export function refuseRecord({ noun }: RecordForm, what: string): never {
  throw new KuraError('refused', `the ${noun} is refused: ${what}`, {
    guidance: `Somebody may have made or changed it; every other ${noun} is as good as before.`,
  });
}
