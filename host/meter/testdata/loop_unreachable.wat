;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Code that cannot be reached, where any types are on the stack.
(module (func (export "run") (loop (br 0) (i64.add) (loop (br 0)) (f64.convert_i64_s) (drop) (drop))))
