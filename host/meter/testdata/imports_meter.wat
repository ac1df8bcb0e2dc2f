;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A module that would be given a yield of its own.
(module (import "wcm_meter" "yield" (func (result i64))))
