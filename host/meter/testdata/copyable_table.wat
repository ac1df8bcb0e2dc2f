;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (table 2 funcref)
  (elem (i32.const 0) $f)
  (func $f)
  (func (export "reads") (result i32)
    (call_indirect (i32.const 0))
    (drop (table.get 0 (i32.const 1)))
    (table.size 0)))
