;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Everything that has an index of a function in it, and names.
(module
  (import "env" "outside" (func $outside))
  (import "env" "base" (global $base i32))
  (table $t 4 funcref)
  (memory 1)
  (global $reference (mut funcref) (ref.func $second))
  (export "outside" (func $outside))
  (export "second" (func $second))
  (export "reference" (global $reference))
  (start $first)
  (elem (i32.const 0) $first $second)
  (elem (table $t) (i32.const 2) funcref (ref.func $second) (ref.null func))
  (elem declare func $first)
  (func $first
    (global.set $reference (ref.func $first))
    (call $second))
  (func $second
    (memory.fill (i32.const 0) (i32.const 0) (global.get $base)))
  (func))
