;; Finds the first candidate cut: the inner loop of chunker.ts, 16 positions at a time.
;;
;; Stage 1: the cyclic polynomial over 8 bytes, s = XOR of rotl8(v(byte j back), j) for j = 0 to 7, made by
;; doubling (pairs, fours, eights); a hit is where s + (s eight bytes back) = 0xa9. Hits (1 of 256 positions)
;; go into a list without a branch, since a branch on them would be mispredicted each time.
;; Stage 2 mixes the 32 bytes that end at each hit with the four multipliers.
;;
;; Memory: 0 table of low halves, 16 table of high halves, 32 four odd multipliers, 1024 the list of hits
;; (4 bytes for each of 4096 positions), 65536 the window. One vector beyond $last is read.
;;
;; After a change: npx --package wabt wat2wasm --enable-relaxed-simd chunker.wat --output=- | base64 -w 92
;; into chunker.wasm.ts. `relaxed_swizzle` is one instruction and, for the indices 0 to 15 that it gets
;; here, defined the same on every machine.
(module
  (import "kura" "memory" (memory 1))

  ;; Where the first candidate's last byte lies, from $first to $last, both addresses; or -1.
  ;; $first is at least 31 bytes into the window.
  (func (export "scan")
    (param $first i32) (param $last i32) (param $threshold i32) (result i32)
    (local $at i32) (local $end i32) (local $hits i32) (local $hit i32) (local $mask i32) (local $mix i64)
    (local $low v128) (local $high v128) (local $nibble v128) (local $x v128)
    (local $data v128) (local $value v128) (local $value_before v128)
    (local $pair v128) (local $pair_before v128) (local $four v128) (local $four_before v128)
    (local $eight v128) (local $eight_before v128)
    (local.set $low (v128.load (i32.const 0)))
    (local.set $high (v128.load (i32.const 16)))
    (local.set $nibble (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    ;; The vector before the one that holds $first only warms up what is carried over.
    (local.set $at (i32.sub (i32.and (local.get $first) (i32.const -16)) (i32.const 16)))
    (loop $block
      (local.set $hits (i32.const 1024))
      (local.set $end (i32.add (local.get $at) (i32.const 4096)))
      (if (i32.gt_u (local.get $end) (local.get $last))
        (then
          (local.set $end
            (i32.add (i32.and (local.get $last) (i32.const -16)) (i32.const 16)))))
      (loop $vector
        (local.set $data (v128.load (local.get $at)))
        (local.set $value
          (v128.xor
            (i8x16.relaxed_swizzle (local.get $low)
              (v128.and (local.get $data) (local.get $nibble)))
            (i8x16.relaxed_swizzle (local.get $high)
              (v128.and (i16x8.shr_u (local.get $data) (i32.const 4)) (local.get $nibble)))))
        ;; pair = value ^ rotl(value one back, 1)
        (local.set $x
          (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
            (local.get $value_before) (local.get $value)))
        (local.set $value_before (local.get $value))
        (local.set $pair
          (v128.xor
            (local.get $value)
            (i8x16.sub
              (i8x16.add (local.get $x) (local.get $x))
              (i8x16.lt_s (local.get $x) (v128.const i64x2 0 0)))))
        ;; four = pair ^ rotl(pair two back, 2)
        (local.set $x
          (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
            (local.get $pair_before) (local.get $pair)))
        (local.set $pair_before (local.get $pair))
        (local.set $four
          (v128.xor
            (local.get $pair)
            (v128.bitselect
              (i16x8.shl (local.get $x) (i32.const 2))
              (i16x8.shr_u (local.get $x) (i32.const 6))
              (v128.const i64x2 0xfcfcfcfcfcfcfcfc 0xfcfcfcfcfcfcfcfc))))
        ;; eight = four ^ rotl(four four back, 4)
        (local.set $x
          (i8x16.shuffle 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
            (local.get $four_before) (local.get $four)))
        (local.set $four_before (local.get $four))
        (local.set $eight
          (v128.xor
            (local.get $four)
            (v128.bitselect
              (i16x8.shl (local.get $x) (i32.const 4))
              (i16x8.shr_u (local.get $x) (i32.const 4))
              (v128.const i64x2 0xf0f0f0f0f0f0f0f0 0xf0f0f0f0f0f0f0f0))))
        ;; hit: eight + eight eight back = 0xa9
        (local.set $mask
          (i8x16.bitmask
            (i8x16.eq
              (i8x16.add
                (local.get $eight)
                (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
                  (local.get $eight_before) (local.get $eight)))
              (v128.const i64x2 0xa9a9a9a9a9a9a9a9 0xa9a9a9a9a9a9a9a9))))
        (local.set $eight_before (local.get $eight))
        ;; The first hit of a vector, if any, is listed without a branch; more than one is rare.
        (loop $more
          (i32.store (local.get $hits) (i32.add (local.get $at) (i32.ctz (local.get $mask))))
          (local.set $hits
            (i32.add
              (local.get $hits)
              (i32.shl (i32.ne (local.get $mask) (i32.const 0)) (i32.const 2))))
          (br_if $more
            (local.tee $mask
              (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))))
        (br_if $vector
          (i32.lt_u
            (local.tee $at (i32.add (local.get $at) (i32.const 16)))
            (local.get $end))))
      (local.set $end (local.get $hits))
      (local.set $hits (i32.const 1024))
      (block $checked
        (loop $check
          (br_if $checked (i32.ge_u (local.get $hits) (local.get $end)))
          (local.set $hit (i32.load (local.get $hits)))
          (local.set $hits (i32.add (local.get $hits) (i32.const 4)))
          (br_if $check (i32.lt_u (local.get $hit) (local.get $first)))
          (br_if $checked (i32.gt_u (local.get $hit) (local.get $last)))
          (local.set $mix (i64.load (i32.const 32)))
          (local.set $mix
            (i64.mul
              (i64.xor (local.get $mix) (i64.load (i32.sub (local.get $hit) (i32.const 31))))
              (i64.load (i32.const 32))))
          (local.set $mix
            (i64.mul
              (i64.xor
                (i64.xor (local.get $mix) (i64.shr_u (local.get $mix) (i64.const 32)))
                (i64.load (i32.sub (local.get $hit) (i32.const 23))))
              (i64.load (i32.const 40))))
          (local.set $mix
            (i64.mul
              (i64.xor
                (i64.xor (local.get $mix) (i64.shr_u (local.get $mix) (i64.const 32)))
                (i64.load (i32.sub (local.get $hit) (i32.const 15))))
              (i64.load (i32.const 48))))
          (local.set $mix
            (i64.mul
              (i64.xor
                (i64.xor (local.get $mix) (i64.shr_u (local.get $mix) (i64.const 32)))
                (i64.load (i32.sub (local.get $hit) (i32.const 7))))
              (i64.load (i32.const 56))))
          (br_if $check
            (i32.ge_u
              (i32.wrap_i64 (i64.shr_u (local.get $mix) (i64.const 32)))
              (local.get $threshold)))
          (return (local.get $hit))))
      (br_if $block (i32.le_u (local.get $at) (local.get $last))))
    (i32.const -1)))
