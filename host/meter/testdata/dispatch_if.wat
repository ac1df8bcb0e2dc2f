;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A conditional branch to the loop.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (i32.const 1)
    (i32.const 1)
    (local.set $number (i32.const 0))
    (br_if $loop)
    (drop)))))
