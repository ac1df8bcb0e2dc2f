;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Calls through a type behind its own.
(module (table 1 funcref) (func (export "run") (call_indirect (type 1) (i32.const 0))))
