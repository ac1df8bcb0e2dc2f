;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A jump that leaves values behind on the stack.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (i64.const 5)
    (f32.const 5)
    (local.set $number (i32.const 1))
    (br $loop))
    (i32.const 7)
    (local.set $number (i32.const 1))
    (br $loop))))
