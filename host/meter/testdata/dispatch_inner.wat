;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A second br_table that leads to the loop.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (br_table $1 $loop (i32.const 1))))))
