// zstd inside Node's executable, on one compression and one decompression context per thread that
// are made on first use and never freed: a fresh context costs a megabyte of garbage per call.
// Frames only; no streaming, no dictionaries.
import { assert, KuraError } from '@kura/base';
import type { Bulk } from '../types.ts';
import { isZstdFrame } from '../zstd-frame.ts';
import { type Ffi, keepOpen, NULL_POINTER } from './library.ts';

const TRANSFORM = ['pointer', 'pointer', 'u64', 'pointer', 'u64'] as const;

const SYMBOLS = {
  ZSTD_createCCtx: { arguments: [], return: 'pointer' },
  ZSTD_createDCtx: { arguments: [], return: 'pointer' },
  ZSTD_compressCCtx: { arguments: [...TRANSFORM, 'i32'], return: 'u64' },
  ZSTD_decompressDCtx: { arguments: TRANSFORM, return: 'u64' },
  ZSTD_isError: { arguments: ['u64'], return: 'u32' },
  ZSTD_getErrorCode: { arguments: ['u64'], return: 'i32' },
} as const;

/** ZSTD_error_dstSize_tooSmall: part of zstd's stable interface. */
const DOES_NOT_FIT = 70;

export function openZstd(ffi: Ffi): Pick<Bulk, 'compress' | 'decompress'> {
  const { lib, functions } = ffi.dlopen(null, SYMBOLS);
  keepOpen(lib);
  let compressor = NULL_POINTER;
  let decompressor = NULL_POINTER;
  return {
    compress(input, output, level) {
      if (compressor === NULL_POINTER) compressor = functions.ZSTD_createCCtx();
      assert(compressor !== NULL_POINTER, 'zstd has no memory');
      const capacity = BigInt(output.length);
      const size = BigInt(input.length);
      const result = functions.ZSTD_compressCCtx(compressor, output, capacity, input, size, level);
      if (functions.ZSTD_isError(result) === 0) return Number(result);
      const code = functions.ZSTD_getErrorCode(result);
      assert(code === DOES_NOT_FIT, `zstd failed to compress with code ${code}`);
      return 0;
    },
    decompress(input, output) {
      if (decompressor === NULL_POINTER) decompressor = functions.ZSTD_createDCtx();
      assert(decompressor !== NULL_POINTER, 'zstd has no memory');
      const capacity = BigInt(output.length);
      const size = BigInt(input.length);
      const isFrame = isZstdFrame(input);
      const result = isFrame
        ? functions.ZSTD_decompressDCtx(decompressor, output, capacity, input, size)
        : NULL_POINTER;
      if (!isFrame || functions.ZSTD_isError(result) !== 0) {
        throw new KuraError('corrupt', 'a compressed frame is damaged');
      }
      return Number(result);
    },
  };
}
