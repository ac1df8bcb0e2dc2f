;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; The shortest loop there is.
(module (func (export "run") (loop (br 0))))
