;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; The same through a table.
(module
  (type $t (func (param i32)))
  (table funcref (elem $f))
  (func $f (export "run") (type $t)
    (if (i32.eqz (local.get 0)) (then (return)))
    (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
    (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
