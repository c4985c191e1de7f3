// The root under a passphrase, as kept in `member/root.json`. Costs have hard floors and ceilings:
// nobody who can change the file makes it cheaper to guess, nor opening it ruinous (threat rule
// R9). Only the commitment tells a wrong passphrase from a damaged file; nothing else about a
// failure is told.
import { argon2, createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { fromHex, KuraError, type Random, toHex, utf8 } from '@kura/base';
import { derive } from './derive.ts';
import { ROOT_BYTES, type Root } from './member-keys.ts';
import type { CardKey } from './service-keys.ts';

/** What one guess of a passphrase costs. */
export interface WrapCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export const STANDARD_COST: WrapCost = { memoryKib: 65_536, passes: 3, lanes: 1 };
/** For simulations: opens only where that is allowed by name. */
export const FAST_COST: WrapCost = { memoryKib: 8, passes: 1, lanes: 1 };

/** The file, field by field; bytes as lower-case hex. */
export interface WrappedRoot {
  readonly version: 1;
  readonly kdf: 'argon2id';
  readonly memory_kib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: string;
  readonly nonce: string;
  readonly commitment: string;
  readonly sealed: string;
}

const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
/** OWASP's least for Argon2id with two passes. */
const MIN_MEMORY_KIB = 19 * 1024;
const MIN_PASSES = 2;
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_PASSES = 16;
const MAX_LANES = 4;

export interface WrapRequest {
  /** 32 bytes: a root, or the key of a card. */
  readonly root: Root | CardKey;
  readonly passphrase: string;
  readonly cost: WrapCost;
  readonly random: Random;
}

export async function wrapRoot(request: WrapRequest): Promise<WrappedRoot> {
  const { root, passphrase, cost, random } = request;
  const salt = random.bytes(SALT_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  const { key, commitment } = await wrapKey(passphrase, salt, cost);
  const clear: Omit<WrappedRoot, 'sealed'> = {
    version: 1,
    kdf: 'argon2id',
    memory_kib: cost.memoryKib,
    passes: cost.passes,
    lanes: cost.lanes,
    salt: toHex(salt),
    nonce: toHex(nonce),
    commitment: toHex(commitment),
  };
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated(clear));
  const body = Buffer.concat([cipher.update(root), cipher.final(), cipher.getAuthTag()]);
  return { ...clear, sealed: toHex(body) };
}

export interface UnwrapOptions {
  /** Simulations only. */
  readonly allowFastCost?: boolean;
}

/**
 * Throws `wrong_passphrase`, `corrupt`, `unsupported` (newer version) or `refused` (cost out of
 * bounds).
 */
export async function unwrapRoot(
  wrapped: unknown,
  passphrase: string,
  options: UnwrapOptions = {},
): Promise<Root> {
  return (await unwrap(wrapped, passphrase, options)) as Root;
}

/** As `unwrapRoot`, of what was wrapped as the key of a card. */
export async function unwrapCardKey(
  wrapped: unknown,
  passphrase: string,
  options: UnwrapOptions = {},
): Promise<CardKey> {
  return (await unwrap(wrapped, passphrase, options)) as CardKey;
}

async function unwrap(
  wrapped: unknown,
  passphrase: string,
  options: UnwrapOptions,
): Promise<Uint8Array> {
  const file = parseWrapped(wrapped);
  const cost = { memoryKib: file.memory_kib, passes: file.passes, lanes: file.lanes };
  checkCost(cost, options);
  const { key, commitment } = await wrapKey(passphrase, fromHex(file.salt), cost);
  if (!timingSafeEqual(commitment, fromHex(file.commitment))) {
    throw new KuraError('wrong_passphrase', 'the passphrase is wrong', {
      guidance: 'Type it again, or bring the member back from the recovery words: kura recover.',
    });
  }
  const sealed = fromHex(file.sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, fromHex(file.nonce), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associated(file));
  decipher.setAuthTag(sealed.subarray(ROOT_BYTES));
  const root = new Uint8Array(decipher.update(sealed.subarray(0, ROOT_BYTES)));
  try {
    decipher.final();
  } catch {
    throw damaged();
  }
  return root;
}

async function wrapKey(
  passphrase: string,
  salt: Uint8Array,
  cost: WrapCost,
): Promise<{ readonly key: Uint8Array; readonly commitment: Uint8Array }> {
  const stretched = await stretch(passphrase, salt, cost);
  const both = derive({ secret: stretched, info: 'kura/1 wrap', bytes: 64 });
  return { key: both.subarray(0, 32), commitment: both.subarray(32) };
}

function stretch(passphrase: string, salt: Uint8Array, cost: WrapCost): Promise<Uint8Array> {
  const parameters = {
    // Typed on another keyboard (full-width, decomposed) it is the same passphrase.
    message: utf8(passphrase.normalize('NFKC')),
    nonce: salt,
    parallelism: cost.lanes,
    tagLength: 32,
    memory: cost.memoryKib,
    passes: cost.passes,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(new KuraError('io', 'Argon2id could not run here', { cause: error }));
    });
  });
}

/** Everything in the file but `sealed`, in its order. */
function associated(file: Omit<WrappedRoot, 'sealed'>): Uint8Array {
  const { version, kdf, memory_kib, passes, lanes, salt, nonce, commitment } = file;
  return utf8(JSON.stringify({ version, kdf, memory_kib, passes, lanes, salt, nonce, commitment }));
}

function checkCost({ memoryKib, passes, lanes }: WrapCost, options: UnwrapOptions): void {
  const isFast =
    memoryKib === FAST_COST.memoryKib && passes === FAST_COST.passes && lanes === FAST_COST.lanes;
  if (isFast && options.allowFastCost === true) return;
  const isInBounds =
    memoryKib >= MIN_MEMORY_KIB &&
    memoryKib <= MAX_MEMORY_KIB &&
    passes >= MIN_PASSES &&
    passes <= MAX_PASSES &&
    lanes >= 1 &&
    lanes <= MAX_LANES;
  if (isInBounds) return;
  throw new KuraError('refused', 'the key file asks for a cost that Kura does not accept', {
    guidance: 'Somebody may have changed it; bring it back from the recovery words: kura recover.',
    context: { memoryKib, passes, lanes },
  });
}

function parseWrapped(value: unknown): WrappedRoot {
  if (typeof value !== 'object' || value === null) throw damaged();
  const file = value as { readonly [K in keyof WrappedRoot]?: unknown };
  if (typeof file.version === 'number' && Number.isInteger(file.version) && file.version > 1) {
    throw new KuraError('unsupported', 'the key file was written by a newer Kura', {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  if (file.version !== 1 || file.kdf !== 'argon2id') throw damaged();
  return {
    version: 1,
    kdf: 'argon2id',
    memory_kib: whole(file.memory_kib),
    passes: whole(file.passes),
    lanes: whole(file.lanes),
    salt: hexField(file.salt, SALT_BYTES),
    nonce: hexField(file.nonce, NONCE_BYTES),
    commitment: hexField(file.commitment, COMMITMENT_BYTES),
    sealed: hexField(file.sealed, ROOT_BYTES + TAG_BYTES),
  };
}

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw damaged();
  return value;
}

function hexField(value: unknown, bytes: number): string {
  if (typeof value !== 'string' || value.length !== bytes * 2 || !/^[0-9a-f]+$/.test(value)) {
    throw damaged();
  }
  return value;
}

function damaged(): KuraError {
  return new KuraError('corrupt', 'the key file is damaged', {
    guidance: 'Bring it back from the recovery words: kura recover.',
  });
}
