;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Host calls in a loop.
(module
  (import "env" "nothing" (func $nothing))
  (func (export "run") (loop (call $nothing) (br 0))))
