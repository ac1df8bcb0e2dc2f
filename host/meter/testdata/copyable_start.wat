;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (start $f)
  (func $f))
