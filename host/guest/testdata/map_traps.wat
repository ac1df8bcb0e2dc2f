;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that traps at each change that it is to map.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods,
  ;; whose changes it maps as well.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\11\0a\07minimal\12\02\10\01\12\02\10\07")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_0000005b))
  ;; An empty Outcome: done.
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
  (func (export "wcm_map") (param i32 i32) (result i64) unreachable)
)
