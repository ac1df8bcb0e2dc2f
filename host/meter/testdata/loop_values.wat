;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A loop with a parameter, which its charge must leave alone.
(module (func (export "run")
  (i32.const 7)
  (loop (param i32) (br 0))))
