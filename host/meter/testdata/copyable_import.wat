;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (import "other" "g" (global (mut i32)))
  (memory 1))
