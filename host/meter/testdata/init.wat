;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Copies of a data segment.
(module (memory 1) (data $d "0123456789") (func (export "run") (local i32)
  (local.set 0 (i32.const 10))
  (loop (memory.init $d (i32.const 1) (i32.const 0) (local.get 0)) (br 0))))
