;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Calls the function behind its own.
(module (func $f (call 2)) (func (export "run") (call $f)))
