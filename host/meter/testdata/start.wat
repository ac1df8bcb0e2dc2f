;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A loop in the start function.
(module (func $f (loop (br 0))) (start $f))
