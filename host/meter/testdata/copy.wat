;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Copies of half the memory.
(module (memory 512) (func (export "run") (local i32)
  (local.set 0 (i32.const 0x1000000))
  (loop (memory.copy (i32.const 1) (i32.const 0) (local.get 0)) (br 0))))
