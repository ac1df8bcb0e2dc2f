;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A call tree without a loop: exponential, and never deep.
(module (func $f (export "run") (param i32)
  (if (i32.eqz (local.get 0)) (then (return)))
  (call $f (i32.sub (local.get 0) (i32.const 1)))
  (call $f (i32.sub (local.get 0) (i32.const 1)))))
