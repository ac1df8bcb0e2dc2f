;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A module to choose from: its one member is "a", of which the controller is
;; called otherwise. It traps at any other name, as such modules do.
(module
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "wcm_abi_v1"))
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; GOGC=off and WCM_CONTROLLERS= are 25 bytes.
  (func (export "_initialize")
    (drop (call $environ_get (i32.const 4096) (i32.const 4200)))
    (if (i32.ne (i32.load8_u (i32.const 4225)) (i32.const 0x61)) (then unreachable))) ;; a
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))
  (func (export "wcm_reconcile") (param i32 i32) (result i64) (i64.const 0))
)
