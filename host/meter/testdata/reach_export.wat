;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Exports the global behind its own.
(module (global (mut i64) (i64.const 0)) (export "fuel" (global 1)))
