;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest whose instances may be copies of one, and that answers with what it
;; is. What it does in _initialize and wcm_renew depends on the first letter of
;; its controllers: t and u trap there, r cannot renew, l, e, o and s do what is
;; not copied.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wcm_v1" "log" (func $log (param i32 i32 i32 i32) (result i64)))
  (import "wcm_v1" "log_enabled" (func $log_enabled (param i32) (result i32)))
  (memory (export "memory") 3)
  (global $small (mut i32) (i32.const 1))
  (global $large (mut i64) (i64.const 1))
  (global $renewed (mut i32) (i32.const 0))
  (func (export "wcm_abi_v1"))
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))

  ;; The first letter of WCM_CONTROLLERS, 0 without it. GOGC=off comes before it.
  (func $letter (result i32)
    (drop (call $environ_sizes_get (i32.const 4096) (i32.const 4100)))
    (if (i32.lt_u (i32.load (i32.const 4096)) (i32.const 2)) (then (return (i32.const 0))))
    (drop (call $environ_get (i32.const 4104) (i32.const 4200)))
    (i32.load8_u (i32.const 4225)))
  (func $is (param $letter i32) (result i32) (i32.eq (call $letter) (local.get $letter)))

  (data (i32.const 3000) "xx")
  ;; What fd_write writes: one range of two bytes.
  (data (i32.const 5000) "\90\13\00\00\02\00\00\00")
  ;; A subscription to the clock, in 64 bytes with a timeout of 1 ns.
  (data (i32.const 6144) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00")
  (func (export "_initialize")
    (global.set $small (i32.const 5))
    (global.set $large (i64.const 0x6_0000_0000))
    (drop (memory.grow (i32.const 1)))
    (i32.store8 (i32.const 3000) (i32.const 0x79)) ;; y
    (i32.store8 (i32.const 3001) (i32.const 0))
    (i32.store8 (i32.const 200000) (i32.const 0x7a)) ;; z, in the page that is new
    (drop (call $args_sizes_get (i32.const 7000) (i32.const 7004)))
    (if (call $is (i32.const 0x74)) (then unreachable)) ;; t
    (if (call $is (i32.const 0x6c)) (then (drop (call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))) ;; l
    (if (call $is (i32.const 0x65)) (then (drop (call $log_enabled (i32.const 0))))) ;; e
    (if (call $is (i32.const 0x6f)) (then (drop (call $fd_write (i32.const 1) (i32.const 5000) (i32.const 1) (i32.const 5100))))) ;; o
    (if (call $is (i32.const 0x73)) (then (drop (call $poll_oneoff (i32.const 6144) (i32.const 6400) (i32.const 1) (i32.const 6500)))))) ;; s
  (func (export "wcm_renew") (result i32)
    (if (call $is (i32.const 0x75)) (then unreachable)) ;; u
    (global.set $renewed (i32.add (global.get $renewed) (i32.const 1)))
    (call $is (i32.const 0x72))) ;; r

  (data (i32.const 2048) "\08\01\1a\09")
  (func $tell (param $at i32) (param $number i32)
    (i32.store8 (i32.add (i32.const 2052) (local.get $at)) (i32.add (i32.const 0x30) (local.get $number))))
  (func (export "wcm_reconcile") (param i32 i32) (result i64)
    (call $tell (i32.const 0) (global.get $small))
    (call $tell (i32.const 1) (i32.wrap_i64 (i64.shr_u (global.get $large) (i64.const 32))))
    (call $tell (i32.const 2) (global.get $renewed))
    (call $tell (i32.const 3) (memory.size))
    (i32.store8 (i32.const 2056) (i32.load8_u (i32.const 3000)))
    (call $tell (i32.const 5) (i32.load8_u (i32.const 3001)))
    (i32.store8 (i32.const 2058) (i32.load8_u (i32.const 200000)))
    (call $tell (i32.const 7) (i32.load8_u (i32.const 200001)))
    (call $tell (i32.const 8) (i32.load (i32.const 7004)))
    ;; What follows is this instance's own.
    (i32.store8 (i32.const 200001) (i32.add (i32.const 1) (i32.load8_u (i32.const 200001))))
    (global.set $small (i32.add (global.get $small) (i32.const 1)))
    (drop (memory.grow (i32.const 1)))
    (i64.const 0x800_0000000d))
)
