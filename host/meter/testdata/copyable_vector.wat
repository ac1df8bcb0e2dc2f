;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (global (mut v128) (v128.const i64x2 1 2)))
