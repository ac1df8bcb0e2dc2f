;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that forgot everything but the marker.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
)
