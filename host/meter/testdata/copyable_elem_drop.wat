;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0

(module
  (memory 1)
  (table 2 funcref)
  (elem $e func $f)
  (func $f (export "f") (elem.drop $e)))
