;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A table that grows in a loop, and says how far it came.
(module
  (table $t 0 funcref)
  (func (export "run")
    (loop (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0)))
  (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "size") (result i32) (table.size $t)))
