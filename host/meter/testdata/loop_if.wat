;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Loops that turn by br_if.
(module (func (export "run") (loop (loop (br_if 0 (i32.const 1))) (br 0))))
