;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (table 2 funcref)
  (func (export "f") (table.set 0 (i32.const 0) (ref.null func))))
