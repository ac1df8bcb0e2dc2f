;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that says a hundred thousand lines, reports as many events and counts
;; in as many series.
(module
  (import "wcm_v1" "log" (func $log (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "event" (func $event (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "metric" (func $metric (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))
  ;; The messages: a line, an event about "a", a metric with a label.
  (data (i32.const 2048) "\08\08\12\04loud")
  (data (i32.const 2064) "\1a\01a2\04Loud")
  (data (i32.const 2080) "\0a\04loud\22\0d\0a\01k\12\08........")
  (func (export "wcm_reconcile") (param i32 i32) (result i64)
    (local $i i32) (local $digit i32) (local $left i32)
    (loop $again
      (local.set $left (local.get $i))
      (local.set $digit (i32.const 7))
      (loop $digits ;; the number of the turn is the label's value
        (i32.store8 (i32.add (i32.const 2093) (local.get $digit))
          (i32.add (i32.const 48) (i32.rem_u (local.get $left) (i32.const 10))))
        (local.set $left (i32.div_u (local.get $left) (i32.const 10)))
        (br_if $digits (i32.ge_s (local.tee $digit (i32.sub (local.get $digit) (i32.const 1))) (i32.const 0))))
      (drop (call $log (i32.const 2048) (i32.const 8) (i32.const 0) (i32.const 0)))
      (drop (call $event (i32.const 2064) (i32.const 9) (i32.const 0) (i32.const 0)))
      (drop (call $metric (i32.const 2080) (i32.const 21) (i32.const 0) (i32.const 0)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
    (i64.const 0))
)
