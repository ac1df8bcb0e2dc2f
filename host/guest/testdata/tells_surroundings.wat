;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that answers with its arguments and its environment, as WASI has them.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))
  (data (i32.const 2048) "\08\01\1a")
  (func (export "wcm_reconcile") (param i32 i32) (result i64)
    (local $args i32)
    ;; Count and size of either go to 8192 and 8200.
    (drop (call $args_sizes_get (i32.const 8192) (i32.const 8196)))
    (drop (call $environ_sizes_get (i32.const 8200) (i32.const 8204)))
    (drop (call $args_get (i32.const 9000) (i32.const 2052)))
    (drop (call $environ_get (i32.const 9000) (i32.add (i32.const 2052) (i32.load (i32.const 8196)))))
    (local.set $args (i32.add (i32.load (i32.const 8196)) (i32.load (i32.const 8204))))
    (i32.store8 (i32.const 2051) (local.get $args))
    (i64.or (i64.const 0x800_00000000) (i64.extend_i32_u (i32.add (local.get $args) (i32.const 4)))))
)
