;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (global $constant i32 (i32.const 7))
  (global $a (mut i32) (i32.const 1))
  (global $b (mut i64) (i64.const 2))
  (global $c (mut f32) (f32.const 3))
  (global $d (mut f64) (f64.const 4))
  (func (export "i32") (result i32) (global.get $a))
  (func (export "i64") (result i64) (global.get $b))
  (func (export "f32") (result f32) (global.get $c))
  (func (export "f64") (result f64) (global.get $d)))
