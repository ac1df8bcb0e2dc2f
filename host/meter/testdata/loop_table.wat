;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Loops that turn by br_table, from inside of blocks.
(module (func (export "run") (local i32)
  (loop $outer
    (loop $inner
      (block
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br_table $outer 0 $inner (i32.rem_u (local.get 0) (i32.const 3))))
      (br $inner)))))
