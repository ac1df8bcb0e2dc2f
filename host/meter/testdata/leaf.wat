;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A loop around a function that is too small to be charged.
(module
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "run") (local i32) (loop (local.set 0 (call $leaf (local.get 0))) (br 0))))
