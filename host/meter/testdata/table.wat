;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Operations on a table of a hundred thousand entries.
(module
  (table $t 100000 funcref) (table $u 100000 funcref)
  (elem $e funcref (ref.null func) (ref.null func))
  (func (export "run")
    (loop
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 100000))
      (table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 100000))
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
      (br 0))))
