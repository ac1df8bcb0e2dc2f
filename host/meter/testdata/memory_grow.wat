;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A memory that grows in a loop, and that does not grow.
(module
  (memory 1 100)
  (func (export "run") (loop (drop (memory.grow (i32.const 1))) (br 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
