;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A jump that sets another local than the one that is dispatched on.
(module (func (export "run") (param $number i32) (param $other i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (local.set $other (i32.const 1))
    (br $loop)))))
