;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that declares a memory of 257 MiB.
(module
  (memory (export "memory") 4112)
  (func (export "wcm_abi_v1"))
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "wcm_describe") (result i64) (i64.const 0))
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
