;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Fills of the whole memory. The loop alone would do a million of them
;; between two yields.
(module (memory 512) (func (export "run") (local i32)
  (local.set 0 (i32.const 0x2000000))
  (loop (memory.fill (i32.const 0) (i32.const 1) (local.get 0)) (br 0))))
