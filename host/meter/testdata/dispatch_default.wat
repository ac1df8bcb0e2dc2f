;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A jump with a number that is not in the table: it goes where the default
;; leads, which is back.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 $0 (local.get $number)))
    (local.set $number (i32.const -1))
    (br $loop)))))
