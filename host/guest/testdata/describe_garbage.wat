;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest whose description is no message: a string that is not UTF-8.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (data (i32.const 1024) "\0a\02\ff\fe")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000004))
  ;; An empty Outcome: done.
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
