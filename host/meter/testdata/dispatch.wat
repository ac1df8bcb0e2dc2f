;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A loop as Go's compiler writes it: the code of number 1 turns to itself.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (local.set $number (i32.const 1))
    (br $loop))
    (local.set $number (i32.const 1))
    (br $loop))))
