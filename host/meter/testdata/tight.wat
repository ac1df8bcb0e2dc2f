;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; The guest that a meter slows down most: a loop of a few instructions.
(module
  (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 0))
  (func (export "run") (param $at i32) (param $left i32) (result i64) (local $sum i32)
    (local.set $left (i32.const 60000))
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $left))))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.extend_i32_u (local.get $sum))))
