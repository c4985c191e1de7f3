;; The arithmetic of P+Q parity in 16 bytes at a time: GF(2^8) with polynomial 0x11d. A product with a
;; constant is two lookups: the constant's products with the low and with the high half of a byte, 16 each,
;; which the caller has put at $tables. Lengths are multiples of 32; nothing overlaps.
;;
;; After a change: npx --package wabt wat2wasm --enable-relaxed-simd parity.wat --output=- | base64 -w 96
;; into parity.wasm.ts. `relaxed_swizzle` is one instruction and, for the indices 0 to 15 that it gets
;; here, defined the same on every machine.
(module
  (import "kura" "memory" (memory 1))

  ;; p ^= data; q ^= constant * data, for the bytes from $data to $end.
  (func (export "accumulate")
    (param $data i32) (param $end i32) (param $p i32) (param $q i32) (param $tables i32)
    (local $low v128) (local $high v128) (local $nibble v128) (local $d v128) (local $e v128)
    (local.set $low (v128.load (local.get $tables)))
    (local.set $high (v128.load offset=16 (local.get $tables)))
    (local.set $nibble (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    (loop $next
      (local.set $d (v128.load (local.get $data)))
      (local.set $e (v128.load offset=16 (local.get $data)))
      (v128.store (local.get $p) (v128.xor (v128.load (local.get $p)) (local.get $d)))
      (v128.store offset=16 (local.get $p)
        (v128.xor (v128.load offset=16 (local.get $p)) (local.get $e)))
      (v128.store (local.get $q)
        (v128.xor
          (v128.load (local.get $q))
          (v128.xor
            (i8x16.relaxed_swizzle (local.get $low)
              (v128.and (local.get $d) (local.get $nibble)))
            (i8x16.relaxed_swizzle (local.get $high)
              (v128.and (i16x8.shr_u (local.get $d) (i32.const 4)) (local.get $nibble))))))
      (v128.store offset=16 (local.get $q)
        (v128.xor
          (v128.load offset=16 (local.get $q))
          (v128.xor
            (i8x16.relaxed_swizzle (local.get $low)
              (v128.and (local.get $e) (local.get $nibble)))
            (i8x16.relaxed_swizzle (local.get $high)
              (v128.and (i16x8.shr_u (local.get $e) (i32.const 4)) (local.get $nibble))))))
      (local.set $p (i32.add (local.get $p) (i32.const 32)))
      (local.set $q (i32.add (local.get $q) (i32.const 32)))
      (br_if $next
        (i32.lt_u
          (local.tee $data (i32.add (local.get $data) (i32.const 32)))
          (local.get $end)))))

  ;; into ^= constant * data, for the bytes from $data to $end.
  (func (export "multiply")
    (param $data i32) (param $end i32) (param $into i32) (param $tables i32)
    (local $low v128) (local $high v128) (local $nibble v128) (local $d v128)
    (local.set $low (v128.load (local.get $tables)))
    (local.set $high (v128.load offset=16 (local.get $tables)))
    (local.set $nibble (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    (loop $next
      (local.set $d (v128.load (local.get $data)))
      (v128.store (local.get $into)
        (v128.xor
          (v128.load (local.get $into))
          (v128.xor
            (i8x16.relaxed_swizzle (local.get $low)
              (v128.and (local.get $d) (local.get $nibble)))
            (i8x16.relaxed_swizzle (local.get $high)
              (v128.and (i16x8.shr_u (local.get $d) (i32.const 4)) (local.get $nibble))))))
      (local.set $into (i32.add (local.get $into) (i32.const 16)))
      (br_if $next
        (i32.lt_u
          (local.tee $data (i32.add (local.get $data) (i32.const 16)))
          (local.get $end))))))
