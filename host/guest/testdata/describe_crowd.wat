;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that describes 131,072 resources, each of them empty.
(module
  (memory (export "memory") 4)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "wcm_describe") (result i64)
    (local $i i32)
    (loop $again
      (i32.store16 (local.get $i) (i32.const 0x002a))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 0x40000))))
    (i64.const 0x40000))
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
