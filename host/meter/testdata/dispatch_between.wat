;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A label between the number and the jump: a branch comes with another one.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (block $late
      (local.set $number (i32.const 0))
      (br_if $late (i32.const 1))
      (local.set $number (i32.const 1)))
    (br $loop)))))
