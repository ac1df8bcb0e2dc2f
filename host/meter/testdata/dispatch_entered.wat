;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; The same, entered in the middle, as Go does when a goroutine goes on.
(module
  (func $f (param $number i32)
    (loop $loop (block $2 (block $1 (block $0
      (br_table $0 $1 $2 (local.get $number)))
      (local.set $number (i32.const 2))
      (br $loop))
      (local.set $number (i32.const 0))
      (br $loop))
      (local.set $number (i32.const 1))
      (br $loop)))
  (func (export "run") (call $f (i32.const 2))))
