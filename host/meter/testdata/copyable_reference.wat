;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (global (mut funcref) (ref.null func)))
