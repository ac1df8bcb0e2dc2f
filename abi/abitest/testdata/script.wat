;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

;; A guest that does what it is told, to find out whether a host keeps the
;; contract. The id of a request is a script: commands of a letter and four
;; numbers of eight hexadecimal digits each.
;;
;;   a..q   call a host function with the numbers as its parameters; the
;;          letter counts in the order of the imports below
;;   +      grow the memory by the first number of pages
;;   .      return the first number as address, the second as length
;;   !      trap
;;   ?      how many arguments WASI has for the guest, and the size of them all
;;
;; Any other letter does nothing. The end of the script returns no bytes: done.
;;
;;   0x00400  the description
;;   0x00500  an outcome: terminal
;;   0x01000  the results of the host functions and of ?, eight bytes each
;;   0x02000  4096 bytes 0xaa, anew in each reconcile
;;   0x10000  what wcm_alloc returns, as a rule
;;   0x40000  the end of the memory, at first
(module
  (import "wcm_v1" "get" (func $get (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "list" (func $list (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "create" (func $create (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "update" (func $update (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "patch" (func $patch (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "apply" (func $apply (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "delete" (func $delete (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "delete_collection" (func $delete_collection (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "event" (func $event (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "log" (func $log (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "log_enabled" (func $log_enabled (param i32) (result i32)))
  (import "wcm_v1" "metric" (func $metric (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "take" (func $take (param i32 i32) (result i64)))
  (import "wcm_v1" "http" (func $http (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "sign" (func $sign (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "discover" (func $discover (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "batch" (func $batch (param i32 i32 i32 i32) (result i64)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))

  (memory (export "memory") 4)
  (data (i32.const 0x400)
    "\0a\07abitest\12\02v1\1a\03wat*6\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\0c\08\04*\08nodeName"
    "*\04spec0\f0\ad\c1\f7\94\e7\b8\fe\ad\012\0d\0a\07abitest\12\02\10\01")
  (data (i32.const 0x500) "\08\02")

  (global $initialized (mut i32) (i32.const 0))
  (global $position (mut i32) (i32.const 0)) ;; in the script

  ;; The marker is a name to be read, not a function to be called.
  (func (export "wcm_abi_v1") unreachable)

  (func (export "_initialize")
    (global.set $initialized (i32.add (global.get $initialized) (i32.const 1))))

  ;; Up to 0x4000 bytes always get the same address. Up to 0x8000 get one near
  ;; the end of the memory, where they do not fit, and up to 0x10000 none.
  ;; More get memory of their own, which is never returned.
  (func (export "wcm_alloc") (param $size i32) (result i32)
    (if (i32.le_u (local.get $size) (i32.const 0x4000)) (then (return (i32.const 0x10000))))
    (if (i32.le_u (local.get $size) (i32.const 0x8000)) (then (return (i32.const 0x3fff8))))
    (if (i32.le_u (local.get $size) (i32.const 0x10000)) (then (return (i32.const 0))))
    (i32.shl
      (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))
      (i32.const 16)))

  (func (export "wcm_describe") (result i64) (i64.const 0x40000000059))

  ;; The number at the position in the script, which moves behind it.
  (func $number (result i32) (local $value i32) (local $digits i32) (local $digit i32)
    (local.set $digits (i32.const 8))
    (loop $next
      (local.set $digit (i32.load8_u (global.get $position)))
      (local.set $digit (i32.sub (local.get $digit)
        (select (i32.const 87) (i32.const 48) (i32.ge_u (local.get $digit) (i32.const 97)))))
      (local.set $value (i32.or (i32.shl (local.get $value) (i32.const 4)) (local.get $digit)))
      (global.set $position (i32.add (global.get $position) (i32.const 1)))
      (local.set $digits (i32.sub (local.get $digits) (i32.const 1)))
      (br_if $next (local.get $digits)))
    (local.get $value))

  (func (export "wcm_reconcile") (param $request i32) (param $length i32) (result i64)
    (local $end i32) (local $result i32) (local $letter i32)
    (local $1 i32) (local $2 i32) (local $3 i32) (local $4 i32)
    ;; The host calls _initialize once, and before everything else.
    (if (i32.ne (global.get $initialized) (i32.const 1)) (then unreachable))
    ;; A request with a script has a name of one letter (field 3) and then the
    ;; id (field 5); everything else is refused.
    (if (i32.lt_u (local.get $length) (i32.const 6)) (then (return (i64.const 0x50000000002))))
    (if (i32.ne (i32.load16_u (local.get $request)) (i32.const 0x011a)) (then (return (i64.const 0x50000000002))))
    (if (i32.ne (i32.load8_u offset=3 (local.get $request)) (i32.const 0x2a)) (then (return (i64.const 0x50000000002))))
    (local.set $end (i32.add (local.get $request) (local.get $length)))
    (global.set $position (i32.add (local.get $request) (i32.const 4)))
    (loop $varint ;; the length of the id
      (global.set $position (i32.add (global.get $position) (i32.const 1)))
      (br_if $varint (i32.and (i32.load8_u (i32.sub (global.get $position) (i32.const 1))) (i32.const 0x80))))
    (memory.fill (i32.const 0x2000) (i32.const 0xaa) (i32.const 0x1000))
    (local.set $result (i32.const 0x1000))

    (loop $next
      (if (i32.ge_u (global.get $position) (local.get $end)) (then (return (i64.const 0))))
      (local.set $letter (i32.load8_u (global.get $position)))
      (global.set $position (i32.add (global.get $position) (i32.const 1)))
      (local.set $1 (call $number))
      (local.set $2 (call $number))
      (local.set $3 (call $number))
      (local.set $4 (call $number))
      (if (i32.eq (local.get $letter) (i32.const 0x21)) (then unreachable))
      (if (i32.eq (local.get $letter) (i32.const 0x2e)) (then
        (return (i64.or (i64.shl (i64.extend_i32_u (local.get $1)) (i64.const 32)) (i64.extend_i32_u (local.get $2))))))
      (if (i32.eq (local.get $letter) (i32.const 0x2b)) (then
        (drop (memory.grow (local.get $1)))
        (br $next)))
      (if (i32.eq (local.get $letter) (i32.const 0x3f)) (then
        (drop (call $args_sizes_get (local.get $result) (i32.add (local.get $result) (i32.const 4))))
        (local.set $result (i32.add (local.get $result) (i32.const 8)))
        (br $next)))
      (i64.store (local.get $result)
        (call $operate (i32.sub (local.get $letter) (i32.const 97)) (local.get $1) (local.get $2) (local.get $3) (local.get $4)))
      (local.set $result (i32.add (local.get $result) (i32.const 8)))
      (br $next))
    unreachable)

  ;; Calls the host function of a number.
  (func $operate (param $operation i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (result i64)
    (block $other (block $16 (block $15 (block $14 (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7
      (block $6 (block $5 (block $4th (block $3rd (block $2nd (block $1st (block $0
        (br_table $0 $1st $2nd $3rd $4th $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $other (local.get $operation)))
      (return (call $get (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $list (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $create (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $update (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $patch (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $apply (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $delete (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $delete_collection (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $event (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $log (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (i64.extend_i32_u (call $log_enabled (local.get $1)))))
      (return (call $metric (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $take (local.get $1) (local.get $2))))
      (return (call $http (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $sign (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $discover (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
      (return (call $batch (local.get $1) (local.get $2) (local.get $3) (local.get $4))))
    (i64.const -1))
)
