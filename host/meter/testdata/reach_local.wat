;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Sets the local behind its own.
(module (func (export "run") (param i64) (local.set 1 (i64.const 0))))
