// OpenSSL's ciphers inside Node's executable, in place, on contexts that are kept per key. Not a place for
// key derivation or public keys (node:crypto does those well). Every length is asserted before a pointer
// leaves this file.
import { assert, KuraError } from '@kura/base';
import {
  type Bulk,
  type CipherName,
  type Gcm,
  IV_BYTES,
  type LengthPreservingCipher,
} from '../types.ts';
import { type Ffi, keepOpen, NULL_POINTER } from './library.ts';

const CTRL_GET_TAG = 0x10;
const CTRL_SET_TAG = 0x11;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
/** OpenSSL counts the bytes of an update in an int. */
const MAX_UPDATE_BYTES = 0x7fff_fff0;

const INIT = {
  arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'],
  return: 'i32',
} as const;
const UPDATE = {
  arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'i32'],
  return: 'i32',
} as const;
const FINAL = { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' } as const;

const SYMBOLS = {
  ERR_clear_error: { arguments: [], return: 'void' },
  EVP_get_cipherbyname: { arguments: ['pointer'], return: 'pointer' },
  EVP_CIPHER_CTX_new: { arguments: [], return: 'pointer' },
  EVP_CIPHER_CTX_free: { arguments: ['pointer'], return: 'void' },
  EVP_CIPHER_CTX_ctrl: { arguments: ['pointer', 'i32', 'i32', 'pointer'], return: 'i32' },
  EVP_EncryptInit_ex: INIT,
  EVP_DecryptInit_ex: INIT,
  EVP_EncryptUpdate: UPDATE,
  EVP_DecryptUpdate: UPDATE,
  EVP_EncryptFinal_ex: FINAL,
  EVP_DecryptFinal_ex: FINAL,
} as const;

function bind(ffi: Ffi) {
  const { lib, functions } = ffi.dlopen(null, SYMBOLS);
  keepOpen(lib);
  return functions;
}

type OpenSsl = ReturnType<typeof bind>;

function failed(what: string): KuraError {
  return new KuraError('unsupported', `OpenSSL refused to ${what}`, {
    guidance: 'The runtime may have been built without this cipher; use the pinned Node.',
  });
}

/** One EVP_CIPHER_CTX: owns the pointer, frees it once, refuses to be used afterwards. */
class CipherContext {
  readonly #openSsl: OpenSsl;
  #pointer: bigint;
  /** Where OpenSSL writes how much it has written. */
  readonly #written = new Int32Array(new ArrayBuffer(16));
  readonly #tail = new Uint8Array(new ArrayBuffer(64));

  constructor(openSsl: OpenSsl, name: string) {
    this.#openSsl = openSsl;
    const cipher = openSsl.EVP_get_cipherbyname(name);
    if (cipher === NULL_POINTER) throw failed(`find ${name}`);
    this.#pointer = openSsl.EVP_CIPHER_CTX_new();
    if (this.#pointer === NULL_POINTER) throw failed('allocate a cipher');
    const done = openSsl.EVP_EncryptInit_ex(this.#pointer, cipher, NULL_POINTER, null, null);
    if (done !== 1) {
      this.free();
      throw failed(`prepare ${name}`);
    }
  }

  get #live(): bigint {
    assert(this.#pointer !== NULL_POINTER, 'a cipher was used after it was freed');
    return this.#pointer;
  }

  init(direction: 'encrypt' | 'decrypt', key: Uint8Array | null, iv: Uint8Array | null): void {
    const { EVP_EncryptInit_ex, EVP_DecryptInit_ex } = this.#openSsl;
    const begin = direction === 'encrypt' ? EVP_EncryptInit_ex : EVP_DecryptInit_ex;
    if (begin(this.#live, NULL_POINTER, NULL_POINTER, key, iv) !== 1) throw failed('take a key');
  }

  /** `output` null: `input` is associated data. */
  encrypt(input: Uint8Array, output: Uint8Array | null, length: number): void {
    const { EVP_EncryptUpdate } = this.#openSsl;
    const done = EVP_EncryptUpdate(this.#live, output, this.#written, input, length);
    this.#check(done, length);
  }

  decrypt(input: Uint8Array, output: Uint8Array | null, length: number): void {
    const { EVP_DecryptUpdate } = this.#openSsl;
    const done = EVP_DecryptUpdate(this.#live, output, this.#written, input, length);
    this.#check(done, length);
  }

  #check(done: number, length: number): void {
    if (done !== 1) {
      this.#openSsl.ERR_clear_error();
      throw failed('transform bytes');
    }
    assert(this.#written[0] === length, 'a cipher did not preserve the length');
  }

  sealTag(into: Uint8Array): void {
    assert(into.length === TAG_BYTES, 'a tag has 16 bytes');
    const { EVP_EncryptFinal_ex, EVP_CIPHER_CTX_ctrl } = this.#openSsl;
    const done = EVP_EncryptFinal_ex(this.#live, this.#tail, this.#written);
    if (done !== 1 || EVP_CIPHER_CTX_ctrl(this.#live, CTRL_GET_TAG, TAG_BYTES, into) !== 1) {
      throw failed('make a tag');
    }
  }

  expectTag(tag: Uint8Array): void {
    assert(tag.length === TAG_BYTES, 'a tag has 16 bytes');
    const done = this.#openSsl.EVP_CIPHER_CTX_ctrl(this.#live, CTRL_SET_TAG, TAG_BYTES, tag);
    if (done !== 1) throw failed('take a tag');
  }

  isTagRight(): boolean {
    const { EVP_DecryptFinal_ex, ERR_clear_error } = this.#openSsl;
    if (EVP_DecryptFinal_ex(this.#live, this.#tail, this.#written) === 1) return true;
    ERR_clear_error();
    return false;
  }

  /** OpenSSL wipes the key schedule. A second call does nothing. */
  free(): void {
    if (this.#pointer === NULL_POINTER) return;
    this.#openSsl.EVP_CIPHER_CTX_free(this.#pointer);
    this.#pointer = NULL_POINTER;
  }
}

class FfiGcm implements Gcm {
  readonly #context: CipherContext;

  constructor(openSsl: OpenSsl, key: Uint8Array) {
    assert(key.length === KEY_BYTES, 'a key has 32 bytes');
    this.#context = new CipherContext(openSsl, 'aes-256-gcm');
    this.#context.init('encrypt', key, null);
  }

  seal(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): void {
    const length = checkGcm(nonce, associated, buffer);
    const context = this.#context;
    context.init('encrypt', null, nonce);
    if (associated.length > 0) context.encrypt(associated, null, associated.length);
    if (length > 0) context.encrypt(buffer, buffer, length);
    context.sealTag(buffer.subarray(length));
  }

  open(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): boolean {
    const length = checkGcm(nonce, associated, buffer);
    const context = this.#context;
    context.init('decrypt', null, nonce);
    context.expectTag(buffer.subarray(length));
    if (associated.length > 0) context.decrypt(associated, null, associated.length);
    if (length > 0) context.decrypt(buffer, buffer, length);
    return context.isTagRight();
  }

  free(): void {
    this.#context.free();
  }
}

function checkGcm(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): number {
  assert(nonce.length === NONCE_BYTES, 'a nonce has 12 bytes');
  assert(buffer.length >= TAG_BYTES, 'a buffer without room for the tag');
  assert(buffer.length <= MAX_UPDATE_BYTES, 'a buffer is too large');
  assert(associated.length <= MAX_UPDATE_BYTES, 'associated data is too large');
  return buffer.length - TAG_BYTES;
}

class FfiCipher implements LengthPreservingCipher {
  readonly #context: CipherContext;
  readonly #ivBytes: number;
  readonly #direction: 'encrypt' | 'decrypt';

  constructor(
    openSsl: OpenSsl,
    options: { name: CipherName; key: Uint8Array; direction: 'encrypt' | 'decrypt' },
  ) {
    assert(options.key.length === KEY_BYTES, 'a key has 32 bytes');
    this.#ivBytes = IV_BYTES[options.name];
    this.#direction = options.direction;
    this.#context = new CipherContext(openSsl, options.name);
    this.#context.init(options.direction, options.key, null);
  }

  apply(iv: Uint8Array, input: Uint8Array, output: Uint8Array): void {
    const { length } = input;
    assert(iv.length === this.#ivBytes, 'an IV has the wrong length');
    assert(output.length === length, 'input and output differ in length');
    assert(length % 16 === 0, 'whole blocks of 16 bytes');
    assert(length <= MAX_UPDATE_BYTES, 'a buffer is too large');
    this.#context.init(this.#direction, null, iv);
    if (length === 0) return;
    if (this.#direction === 'encrypt') this.#context.encrypt(input, output, length);
    else this.#context.decrypt(input, output, length);
  }

  free(): void {
    this.#context.free();
  }
}

export function openCiphers(ffi: Ffi): Pick<Bulk, 'gcm' | 'cipher'> {
  const openSsl = bind(ffi);
  return {
    gcm: (key) => new FfiGcm(openSsl, key),
    cipher: (name, key, direction) => new FfiCipher(openSsl, { name, key, direction }),
  };
}
