;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Sets the global behind its own.
(module (global (mut i64) (i64.const 0)) (func (export "run") (global.set 1 (i64.const 0x7fffffffffffffff))))
