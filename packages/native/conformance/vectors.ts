// Published answers, in hexadecimal, with their source. For tests only.
import type { CipherName } from '../types.ts';

/** FIPS 180-4 examples. */
export const SHA256_VECTORS = [
  { input: '', output: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  { input: 'abc', output: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    input: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    output: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
] as const;

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** RFC 4231, test cases 1 to 4, 6 and 7 (5 truncates). */
export const HMAC_VECTORS = [
  {
    key: '0b'.repeat(20),
    input: hex('Hi There'),
    output: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    key: hex('Jefe'),
    input: hex('what do ya want for nothing?'),
    output: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    key: 'aa'.repeat(20),
    input: 'dd'.repeat(50),
    output: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
  {
    key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
    input: 'cd'.repeat(50),
    output: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  },
  {
    key: 'aa'.repeat(131),
    input: hex('Test Using Larger Than Block-Size Key - Hash Key First'),
    output: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
  {
    key: 'aa'.repeat(131),
    input: hex(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    output: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  },
] as const;

const GCM_KEY = 'feffe9928665731c6d6a8f9467308308';

/** McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16. */
export const GCM_VECTORS = [
  {
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    associated: '',
    plain: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  {
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    associated: '',
    plain: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    key: GCM_KEY + GCM_KEY,
    nonce: 'cafebabefacedbaddecaf888',
    associated: '',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad' +
      'b094dac5d93471bdec1a502270e3cc6c',
  },
  {
    key: GCM_KEY + GCM_KEY,
    nonce: 'cafebabefacedbaddecaf888',
    associated: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  },
] as const;

export interface CipherVector {
  readonly cipher: CipherName;
  readonly key: string;
  readonly iv: string;
  readonly plain: string;
  readonly sealed: string;
}

export const CIPHER_VECTORS: readonly CipherVector[] = [
  {
    // NIST SP 800-38A, F.5.5
    cipher: 'aes-256-ctr',
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    iv: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    plain:
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
      '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
    sealed:
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5' +
      '2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
  },
  {
    // RFC 8439, 2.3.2: the key stream of block 1
    cipher: 'chacha20',
    key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    iv: '01000000000000090000004a00000000',
    plain: '00'.repeat(64),
    sealed:
      '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e' +
      'd2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e',
  },
  {
    // RFC 8439, 2.4.2, without its last two bytes
    cipher: 'chacha20',
    key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    iv: '01000000000000000000004a00000000',
    plain: hex(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip " +
        'for the future, sunscreen would be i',
    ),
    sealed:
      '6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b' +
      'f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8' +
      '07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736' +
      '5af90bbf74a35be6b40b8eedf2785e42',
  },
  {
    // RFC 5528, test vector 8
    cipher: 'camellia-256-ctr',
    key: 'f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884',
    iv: '00faac24c1585ef15a43d87500000001',
    plain: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    sealed: 'd6c30392246f7808a83c2b22a8839e45e51cd48a1cdf406ebc9cc2d3ab834108',
  },
];

/**
 * RFC 7253, appendix A, 128-bit key: the two whole blocks of the vector without associated data.
 */
export const OCB_128_VECTOR = {
  key: '000102030405060708090a0b0c0d0e0f',
  nonce: 'bbaa9988776655443322110f',
  plain: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  sealed: '4412923493c57d5de0d700f753cce0d1d2d95060122e9f15a5ddbfc5787e50b5',
} as const;
