;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest whose exports have other signatures, or are no functions.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "wcm_describe") (result i32) (i32.const 0))
  (global (export "wcm_reconcile") i32 (i32.const 0))
  (func (export "wcm_gc") (result i32) (i32.const 0))
)
