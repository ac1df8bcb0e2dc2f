;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that calls get and returns its status as that of its outcome.
(module
  (import "wcm_v1" "get" (func $get (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))
  (func (export "wcm_reconcile") (param $request i32) (param $length i32) (result i64)
    (local $status i64)
    (local.set $status
      (call $get (local.get $request) (local.get $length) (i32.const 131072) (i32.const 0)))
    (i32.store8 (i32.const 2048) (i32.const 0x20))
    (i32.store8 (i32.const 2049) (i32.wrap_i64 (i64.shr_u (local.get $status) (i64.const 32))))
    (i64.const 0x800_00000002))
)
