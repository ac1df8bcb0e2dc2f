;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that loops for ever in wcm_describe.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "wcm_describe") (result i64) (loop $again (br $again)) unreachable)
  ;; An empty Outcome: done.
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
