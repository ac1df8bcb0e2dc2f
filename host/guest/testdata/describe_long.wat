;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that describes itself with a byte more than a host reads.
(module
  (memory (export "memory") 5)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "wcm_describe") (result i64) (i64.const 0x40001))
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
