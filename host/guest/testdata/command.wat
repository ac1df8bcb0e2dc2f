;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A WASI command: it runs once from _start and exits.
(module
  (memory (export "memory") 3)
  (func (export "_start"))
)
