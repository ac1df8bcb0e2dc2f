;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A jump whose number is not known, and leads back.
(module (func (export "run") (param $number i32)
  (loop $loop (block $1 (block $0
    (br_table $0 $1 (local.get $number)))
    (local.set $number (i32.and (local.get $number) (i32.const 0)))
    (br $loop)))))
